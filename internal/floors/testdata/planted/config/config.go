package config

import (
	_ "github.com/slipway-go/slipway/internal/clock"
	_ "github.com/slipway-go/slipway/postgres" // want "config (floor 1) imports postgres (floor 3), which is not below it"
	_ "github.com/slipway-go/slipway/problem"  // want "config (floor 1) imports problem (floor 1), which is not below it"
)
