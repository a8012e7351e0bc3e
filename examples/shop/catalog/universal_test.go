package catalog_test

import (
	"testing"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/examples/shop/catalog"
	"github.com/slipway-go/slipway/examples/shop/catalog/catalogapi"
	"github.com/slipway-go/slipway/modules/cart/cartapi"
	"github.com/slipway-go/slipway/slipwaytest"
)

func TestUniversal(t *testing.T) {
	slipwaytest.Universal(t, catalog.New(),
		slipwaytest.Example(catalogapi.List, func(*slipwaytest.Kit) api.Empty { return api.Empty{} }),
		slipwaytest.Example(catalogapi.Quotes, func(*slipwaytest.Kit) cartapi.QuoteInput {
			return cartapi.QuoteInput{SKUs: []string{"mug-blue", "teapot"}}
		}),
	)
}
