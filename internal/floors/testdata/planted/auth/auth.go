package auth

import (
	_ "github.com/slipway-go/slipway/auth/keys"
	_ "github.com/slipway-go/slipway/postgres/postgrestest" // want "auth (floor 4) ships, but imports the test helper postgres/postgrestest"
)
