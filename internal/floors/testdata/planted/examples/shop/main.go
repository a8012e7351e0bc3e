package main

import (
	_ "github.com/slipway-go/slipway"
	_ "github.com/slipway-go/slipway/examples/shop/catalog"
	_ "github.com/slipway-go/slipway/modules/cart"
)
