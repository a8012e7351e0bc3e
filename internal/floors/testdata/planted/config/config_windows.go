package config

import _ "github.com/slipway-go/slipway/auth" // want "config (floor 1) imports auth (floor 4)"
