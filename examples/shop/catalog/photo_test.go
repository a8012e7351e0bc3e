package catalog_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/examples/shop/catalog"
	"github.com/slipway-go/slipway/examples/shop/catalog/catalogapi"
	"github.com/slipway-go/slipway/modules/files/filesapi"
	"github.com/slipway-go/slipway/modules/files/filestest"
	"github.com/slipway-go/slipway/slipwaytest"
)

// A gallery has the photos of one admin.
type gallery struct {
	*filestest.Files

	root *slipwaytest.Kit
}

// newGallery returns a catalog and the gallery that its photos are in.
func newGallery(t *testing.T) (*slipwaytest.Kit, gallery) {
	t.Helper()
	k := slipwaytest.Tx(t, catalog.New())
	return k, gallery{filestest.New(t, k, catalogapi.Module), k.As("admin")}
}

// hang has the admin upload a photo.
func (g gallery) hang() filesapi.File {
	return g.Stored(catalogapi.Photos, g.root.Subject(), "mug.jpg", nil)
}

// announce has the admin begin to upload one.
func (g gallery) announce() filesapi.File {
	return g.Announced(catalogapi.Photos, g.root.Subject(), "mug.jpg")
}

func choosing(sku string, f filesapi.File) catalogapi.SetPhotoInput {
	return catalogapi.SetPhotoInput{SKU: sku, Body: catalogapi.PhotoChoice{File: f.ID}}
}

// photoOf returns what everybody sees of a product.
func photoOf(k *slipwaytest.Kit, sku string) *catalogapi.Photo {
	all := slipwaytest.Do(k.Anonymous(), catalogapi.List, api.Empty{}).Want(200).Body.Products
	i := slices.IndexFunc(all, func(p catalogapi.Product) bool { return p.SKU == sku })
	return all[i].Photo
}

func TestSetPhoto(t *testing.T) {
	t.Parallel()

	t.Run("is for whoever may edit", func(t *testing.T) {
		t.Parallel()
		k, g := newGallery(t)
		slipwaytest.Do(k.User("eve"), catalogapi.SetPhoto, choosing("mug-blue", g.hang())).Want(403)
	})

	t.Run("refuses what is no photo", func(t *testing.T) {
		t.Parallel()
		k, g := newGallery(t)
		slipwaytest.Do(g.root, catalogapi.SetPhoto, choosing("mug-blue", filesapi.File{ID: uuid.New()})).WantCode(422, catalogapi.CodeNoPhoto)
		refused := g.Reject(g.announce().ID, filesapi.ReasonCorrupt)
		slipwaytest.Do(g.root, catalogapi.SetPhoto, choosing("mug-blue", refused)).WantCode(422, catalogapi.CodeNoPhoto)
		paper := g.hang()
		paper.Profile = "papers"
		slipwaytest.Reply(k, filesapi.Get, paper)
		slipwaytest.Do(g.root, catalogapi.SetPhoto, choosing("mug-blue", paper)).WantCode(422, catalogapi.CodeNoPhoto).Golden()
	})

	t.Run("refuses a product that is not sold, and the photo of another", func(t *testing.T) {
		t.Parallel()
		_, g := newGallery(t)
		photo := g.hang()
		slipwaytest.Do(g.root, catalogapi.SetPhoto, choosing("unicorn", photo)).Want(404).Golden()
		slipwaytest.Do(g.root, catalogapi.SetPhoto, choosing("mug-blue", photo)).Want(202)
		slipwaytest.Do(g.root, catalogapi.SetPhoto, choosing("mug-red", photo)).WantCode(409, catalogapi.CodePhotoUsed).Golden()
	})

	t.Run("forgets what is gone before it is attached", func(t *testing.T) {
		t.Parallel()
		k, g := newGallery(t)
		gone := slipwaytest.Answering(409, "application/problem+json", fmt.Sprintf(`{"status": 409, "code": %q}`, filesapi.CodeNotStored))
		slipwaytest.Fail(k, filesapi.Attach, gone)
		slipwaytest.Do(g.root, catalogapi.SetPhoto, choosing("mug-blue", g.hang())).Want(202)
		if p := photoOf(k, "mug-blue"); p != nil {
			t.Errorf("shown is %+v, want nothing", p)
		}
	})

	t.Run("shows a stored photo at once, and says that it is used", func(t *testing.T) {
		t.Parallel()
		k, g := newGallery(t)
		photo := g.hang()
		for range 2 {
			slipwaytest.Do(g.root, catalogapi.SetPhoto, choosing("mug-blue", photo)).Want(202)
		}
		want := catalogapi.Photo{URL: photo.URL + "/large", Thumb: photo.URL + "/thumb", Width: 1600, Height: 1600}
		if p := photoOf(k, "mug-blue"); p == nil || *p != want {
			t.Errorf("shown is %+v, want %+v", p, want)
		}
		g.wantAttached(t, photo, "mug-blue")
	})

	t.Run("shows another photo when module files has stored it, and lets go of the one before", func(t *testing.T) {
		t.Parallel()
		k, g := newGallery(t)
		before, after := g.hang(), g.announce()
		slipwaytest.Do(g.root, catalogapi.SetPhoto, choosing("mug-blue", before)).Want(202)
		slipwaytest.Do(g.root, catalogapi.SetPhoto, choosing("mug-blue", after)).Want(202)
		if p := photoOf(k, "mug-blue"); p == nil || p.URL != before.URL+"/large" {
			t.Errorf("shown is %+v, want the one before, until the other is stored", p)
		}
		g.Store(after.ID, nil)
		if p := photoOf(k, "mug-blue"); p == nil || p.URL != after.URL+"/large" {
			t.Errorf("shown is %+v, want %s", p, after.URL)
		}
		g.wantAttached(t, after, "mug-blue")
		if f := g.File(before.ID); f.State != filesapi.StateDeleted {
			t.Errorf("the photo before is %s, want it deleted", f.State)
		}
	})

	t.Run("shows what was chosen last", func(t *testing.T) {
		t.Parallel()
		k, g := newGallery(t)
		first, second := g.announce(), g.announce()
		slipwaytest.Do(g.root, catalogapi.SetPhoto, choosing("mug-blue", first)).Want(202)
		slipwaytest.Do(g.root, catalogapi.SetPhoto, choosing("mug-blue", second)).Want(202)
		g.Store(first.ID, nil)
		if p := photoOf(k, "mug-blue"); p != nil {
			t.Errorf("shown is %+v, want nothing", p)
		}
		g.wantAttached(t, first, "")
	})

	t.Run("keeps a photo that is chosen again before module files was told to let go of it", func(t *testing.T) {
		t.Parallel()
		k, g := newGallery(t)
		first, second := g.hang(), g.hang()
		slipwaytest.Fail(k, filesapi.Detach, slipwaytest.Status(503))
		k.LetJobsFail()
		for _, photo := range []filesapi.File{first, second, first} {
			slipwaytest.Do(g.root.In(t), catalogapi.SetPhoto, choosing("mug-blue", photo)).Want(202)
		}
		slipwaytest.Fail(k, filesapi.Detach, slipwaytest.Recovered)
		k.RunJobs()
		if p := photoOf(k, "mug-blue"); p == nil || p.URL != first.URL+"/large" {
			t.Errorf("shown is %+v, want %s", p, first.URL)
		}
		g.wantAttached(t, first, "mug-blue")
		if f := g.File(second.ID); f.State != filesapi.StateDeleted {
			t.Errorf("the photo that is not shown is %s, want it deleted", f.State)
		}
	})

	t.Run("learns that a photo was refused or is gone", func(t *testing.T) {
		t.Parallel()
		k, g := newGallery(t)
		shown, refused := g.hang(), g.announce()
		slipwaytest.Do(g.root, catalogapi.SetPhoto, choosing("mug-blue", shown)).Want(202)
		slipwaytest.Do(g.root, catalogapi.SetPhoto, choosing("mug-red", refused)).Want(202)
		g.Lose(shown.ID, filesapi.ReasonLost)
		g.Reject(refused.ID, filesapi.ReasonCorrupt)
		for _, sku := range []string{"mug-blue", "mug-red"} {
			if p := photoOf(k, sku); p != nil {
				t.Errorf("shown of %s is %+v, want nothing", sku, p)
			}
		}
	})
}

func (g gallery) wantAttached(t *testing.T, f filesapi.File, sku string) {
	t.Helper()
	if got := g.File(f.ID).Reference; got != sku {
		t.Errorf("photo %s is attached to %q, want %q", f.ID, got, sku)
	}
}
