package slipway

import _ "github.com/slipway-go/slipway/postgres"
