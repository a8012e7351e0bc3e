package postgrestest

import _ "github.com/slipway-go/slipway/postgres"
