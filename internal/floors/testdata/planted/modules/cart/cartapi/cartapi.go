package cartapi

import _ "github.com/slipway-go/slipway/problem"
