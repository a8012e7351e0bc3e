package keys

import _ "github.com/slipway-go/slipway/api" // want "auth/keys (floor 4) imports api (floor 5)"
