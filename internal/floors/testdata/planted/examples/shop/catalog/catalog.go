package catalog

import (
	_ "github.com/slipway-go/slipway/examples/shop/catalog/catalogapi"
	_ "github.com/slipway-go/slipway/modules/cart" // want "examples/shop/catalog (floor 9) imports modules/cart (floor 9), the implementation of another module"
)
