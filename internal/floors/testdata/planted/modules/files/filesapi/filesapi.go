package filesapi

import _ "github.com/slipway-go/slipway/postgres" // want "modules/files/filesapi → postgres → github.com/jackc/pgx/v5"
