package catalog_test

import (
	"testing"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/examples/shop/catalog"
	"github.com/slipway-go/slipway/examples/shop/catalog/catalogapi"
	"github.com/slipway-go/slipway/modules/cart/cartapi"
	"github.com/slipway-go/slipway/slipwaytest"
)

func TestMain(m *testing.M) { slipwaytest.Main(m) }

func TestList(t *testing.T) {
	t.Parallel()
	k := slipwaytest.Tx(t, catalog.New())

	t.Run("shows everybody what is sold", func(t *testing.T) {
		slipwaytest.Do(k.In(t), catalogapi.List, api.Empty{}).Want(200).Golden()
	})
}

func TestQuotes(t *testing.T) {
	t.Parallel()
	k := slipwaytest.Tx(t, catalog.New())
	cart := k.Service("cart", "catalog")

	t.Run("names every SKU that is not sold", func(t *testing.T) {
		in := cartapi.QuoteInput{SKUs: []string{"unicorn", "mug-blue", "dragon"}}
		slipwaytest.Do(cart.In(t), catalogapi.Quotes, in).WantCode(422, cartapi.CodeUnknownSKU).Golden()
	})

	t.Run("is for cart alone", func(t *testing.T) {
		in := cartapi.QuoteInput{SKUs: []string{"mug-blue"}}
		slipwaytest.Do(k.In(t).Service("catalog", "catalog"), catalogapi.Quotes, in).Want(403).Golden()
	})

	t.Run("prices each SKU, in the order of the question", func(t *testing.T) {
		in := cartapi.QuoteInput{SKUs: []string{"teapot", "gift-card", "mug-blue"}}
		slipwaytest.Do(cart.In(t), catalogapi.Quotes, in).Want(200).Golden()
	})
}
