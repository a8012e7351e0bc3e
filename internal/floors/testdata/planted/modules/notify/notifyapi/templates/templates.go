package templates

import _ "github.com/slipway-go/slipway/modules/notify" // want "Move what both need into the contract"
