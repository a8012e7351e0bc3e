package acquiring

import (
	_ "github.com/slipway-go/slipway/modules/acquiring/acquiringapi"
	_ "github.com/slipway-go/slipway/modules/acquiring/simulator"
	_ "github.com/slipway-go/slipway/modules/cart/cartapi"
	_ "github.com/slipway-go/slipway/postgres"
)
