package acquiringapi

import (
	_ "github.com/slipway-go/slipway/modules/cart/cartapi"
	_ "github.com/slipway-go/slipway/problem"
)
