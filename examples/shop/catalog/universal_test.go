package catalog_test

import (
	"testing"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/examples/shop/catalog"
	"github.com/slipway-go/slipway/examples/shop/catalog/catalogapi"
	"github.com/slipway-go/slipway/modules/cart/cartapi"
	"github.com/slipway-go/slipway/modules/files/filesapi"
	"github.com/slipway-go/slipway/slipwaytest"
)

func TestUniversal(t *testing.T) {
	slipwaytest.Universal(t, catalog.New(),
		slipwaytest.Example(catalogapi.List, func(*slipwaytest.Kit) api.Empty { return api.Empty{} }),
		slipwaytest.Example(catalogapi.Quotes, func(*slipwaytest.Kit) cartapi.QuoteInput {
			return cartapi.QuoteInput{SKUs: []string{"mug-blue", "teapot"}}
		}),
		slipwaytest.Example(catalogapi.SetPhoto, func(k *slipwaytest.Kit) catalogapi.SetPhotoInput {
			return choosing("mug-blue", openGallery(k).hang(filesapi.StateStored))
		}),
		slipwaytest.ExampleEvent(filesapi.Stored, func(k *slipwaytest.Kit) (string, filesapi.File) {
			return chosen(k, filesapi.StatePending, filesapi.StateStored)
		}),
		slipwaytest.ExampleEvent(filesapi.Rejected, func(k *slipwaytest.Kit) (string, filesapi.File) {
			return chosen(k, filesapi.StatePending, filesapi.StateRejected)
		}),
		slipwaytest.ExampleEvent(filesapi.Deleted, func(k *slipwaytest.Kit) (string, filesapi.File) {
			return chosen(k, filesapi.StateStored, filesapi.StateDeleted)
		}),
	)
}

// chosen returns what module files tells of a photo that is chosen for a product in one
// state and comes to another.
func chosen(k *slipwaytest.Kit, from, to filesapi.State) (key string, f filesapi.File) {
	g := openGallery(k)
	f = g.hang(from)
	slipwaytest.Do(k, catalogapi.SetPhoto, choosing("mug-blue", f)).Want(202)
	after := g.hang(to)
	after.ID, after.URL = f.ID, f.URL
	g.refer(after, "")
	return f.ID.String(), after
}
