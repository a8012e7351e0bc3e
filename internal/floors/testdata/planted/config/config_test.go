package config_test

import (
	_ "github.com/slipway-go/slipway/postgres/postgrestest"
	_ "github.com/slipway-go/slipway/slipwaytest"
)
