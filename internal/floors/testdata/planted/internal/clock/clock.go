package clock

import (
	_ "time"

	_ "example.org/reporting"                // want "floor 0 takes the standard library only"
	_ "github.com/slipway-go/slipway/config" // want "internal/clock (floor 0) imports config (floor 1), which is not below it"
)
