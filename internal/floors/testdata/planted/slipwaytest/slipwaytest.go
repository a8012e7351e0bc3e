package slipwaytest

import (
	_ "github.com/slipway-go/slipway"
	_ "github.com/slipway-go/slipway/postgres/postgrestest"
)
