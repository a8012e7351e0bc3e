package api

import _ "github.com/slipway-go/slipway" // want "api (floor 5) imports the root package (floor 6)"
