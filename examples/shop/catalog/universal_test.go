package catalog_test

import (
	"testing"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/examples/shop/catalog"
	"github.com/slipway-go/slipway/examples/shop/catalog/catalogapi"
	"github.com/slipway-go/slipway/modules/cart/cartapi"
	"github.com/slipway-go/slipway/modules/files/filesapi"
	"github.com/slipway-go/slipway/modules/files/filestest"
	"github.com/slipway-go/slipway/slipwaytest"
)

func TestUniversal(t *testing.T) {
	slipwaytest.Universal(t, catalog.New(),
		slipwaytest.Example(catalogapi.List, func(*slipwaytest.Kit) api.Empty { return api.Empty{} }),
		slipwaytest.Example(catalogapi.Quotes, func(*slipwaytest.Kit) cartapi.QuoteInput {
			return cartapi.QuoteInput{SKUs: []string{"mug-blue", "teapot"}}
		}),
		slipwaytest.Example(catalogapi.SetPhoto, func(k *slipwaytest.Kit) catalogapi.SetPhotoInput {
			return choosing("mug-blue", uploaded(t, k))
		}),
		slipwaytest.ExampleEvent(filesapi.Stored, func(k *slipwaytest.Kit) (string, filesapi.File) { return awaited(t, k) }),
		slipwaytest.ExampleEvent(filesapi.Rejected, func(k *slipwaytest.Kit) (string, filesapi.File) {
			return chosen(t, k, filesapi.StateRejected)
		}),
		slipwaytest.ExampleEvent(filesapi.Deleted, func(k *slipwaytest.Kit) (string, filesapi.File) {
			return chosen(t, k, filesapi.StateDeleted)
		}),
	)
}

// uploaded returns a photo that the user of the kit has at module files, for which the double
// answers in the world of this check.
func uploaded(t *testing.T, k *slipwaytest.Kit) filesapi.File {
	t.Helper()
	return filestest.New(t, k, catalogapi.Module).Stored(catalogapi.Photos, k.Subject(), "mug.jpg", nil)
}

// chosen returns what module files tells of a photo that a product shows.
func chosen(t *testing.T, k *slipwaytest.Kit, state filesapi.State) (key string, f filesapi.File) {
	t.Helper()
	f = uploaded(t, k)
	slipwaytest.Do(k, catalogapi.SetPhoto, choosing("mug-blue", f)).Want(202)
	f.State = state
	return f.ID.String(), f
}

// awaited returns what module files tells of a photo that was chosen before it was stored.
func awaited(t *testing.T, k *slipwaytest.Kit) (key string, f filesapi.File) {
	t.Helper()
	f = filestest.New(t, k, catalogapi.Module).Announced(catalogapi.Photos, k.Subject(), "mug.jpg")
	slipwaytest.Do(k, catalogapi.SetPhoto, choosing("mug-blue", f)).Want(202)
	f.State = filesapi.StateStored
	slipwaytest.Reply(k, filesapi.Attach, f) // the event itself is the check's to deliver
	return f.ID.String(), f
}
