package cart

import (
	_ "github.com/slipway-go/slipway"
	_ "github.com/slipway-go/slipway/modules/acquiring" // want "Import its contract instead: modules/acquiring/acquiringapi."
	_ "github.com/slipway-go/slipway/modules/cart/cartapi"
)
