package crmapi

import _ "example.org/reporting" // want "modules/crm/crmapi (floor 8) pulls in the database driver: modules/crm/crmapi → example.org/reporting → github.com/jackc/pgx/v5"
