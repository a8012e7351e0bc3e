package notify

import _ "github.com/slipway-go/slipway/slipwaytest" // want "modules/notify (floor 9) ships, but imports the test helper slipwaytest"
