package catalog_test

import (
	"context"
	"maps"
	"slices"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/examples/shop/catalog"
	"github.com/slipway-go/slipway/examples/shop/catalog/catalogapi"
	"github.com/slipway-go/slipway/modules/files/filesapi"
	"github.com/slipway-go/slipway/problem"
	"github.com/slipway-go/slipway/slipwaytest"
)

// A gallery answers for module files.
type gallery struct {
	mu    sync.Mutex
	files map[uuid.UUID]filesapi.File
	gone  bool // nothing is there any more when it is to be attached
	down  bool // nobody can be told to let go of anything
}

// newGallery returns a catalog and the gallery that its photos are in.
func newGallery(t *testing.T) (*slipwaytest.Kit, *gallery) {
	t.Helper()
	k := slipwaytest.Tx(t, catalog.New())
	return k, openGallery(k)
}

func openGallery(k *slipwaytest.Kit) *gallery {
	g := &gallery{files: map[uuid.UUID]filesapi.File{}}
	slipwaytest.Serve(k, filesapi.Get, g.get)
	slipwaytest.Serve(k, filesapi.Attach, g.attach)
	slipwaytest.Serve(k, filesapi.Detach, g.detach)
	return g
}

func (g *gallery) get(_ context.Context, in filesapi.FileInput) (filesapi.File, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if f, ok := g.files[in.ID]; ok {
		return f, nil
	}
	return filesapi.File{}, problem.NotFound("there is no file %s, or it is not yours", in.ID)
}

func (g *gallery) attach(ctx context.Context, in filesapi.AttachInput) (filesapi.File, error) {
	f, err := g.get(ctx, filesapi.FileInput{ID: in.ID})
	if g.gone || err != nil {
		return f, problem.Conflict("the file is gone").WithCode(filesapi.CodeNotStored)
	}
	return g.refer(f, in.Body.Reference), nil
}

func (g *gallery) detach(ctx context.Context, in filesapi.FileInput) (none api.Empty, err error) {
	if g.down {
		return none, problem.Unavailable("module files is down")
	}
	f, err := g.get(ctx, in)
	g.refer(f, "")
	return none, err
}

func (g *gallery) refer(f filesapi.File, to string) filesapi.File {
	g.mu.Lock()
	defer g.mu.Unlock()
	f.Reference = to
	g.files[f.ID] = f
	return f
}

// attached returns to what photos are attached.
func (g *gallery) attached() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	var all []string
	for f := range maps.Values(g.files) {
		if f.Reference != "" {
			all = append(all, f.Reference)
		}
	}
	return slices.Sorted(slices.Values(all))
}

// hang puts a photo into the gallery, in a state.
func (g *gallery) hang(state filesapi.State) filesapi.File {
	id := uuid.New()
	f := filesapi.File{
		ID: id, Module: "catalog", Profile: "photos", Owner: "root", Name: "mug.jpg", Type: filesapi.JPEG, Size: 1000, State: state, Visibility: filesapi.Public,
		URL: "/media/" + id.String(),
	}
	if state == filesapi.StateStored {
		f.Variants = []filesapi.Rendered{
			{Name: "thumb", URL: f.URL + "/thumb", Width: 320, Height: 240}, {Name: "large", URL: f.URL + "/large", Width: 1600, Height: 1200},
		}
	}
	return g.refer(f, "")
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
		slipwaytest.Do(k.User("eve"), catalogapi.SetPhoto, choosing("mug-blue", g.hang(filesapi.StateStored))).Want(403)
	})

	t.Run("refuses what is no photo", func(t *testing.T) {
		t.Parallel()
		k, g := newGallery(t)
		root := k.As("admin")
		slipwaytest.Do(root, catalogapi.SetPhoto, choosing("mug-blue", filesapi.File{ID: uuid.New()})).WantCode(422, catalogapi.CodeNoPhoto)
		slipwaytest.Do(root, catalogapi.SetPhoto, choosing("mug-blue", g.hang(filesapi.StateRejected))).WantCode(422, catalogapi.CodeNoPhoto)
		paper := g.hang(filesapi.StateStored)
		paper.Profile = "papers"
		slipwaytest.Do(root, catalogapi.SetPhoto, choosing("mug-blue", g.refer(paper, ""))).WantCode(422, catalogapi.CodeNoPhoto).Golden()
	})

	t.Run("refuses a product that is not sold, and the photo of another", func(t *testing.T) {
		t.Parallel()
		k, g := newGallery(t)
		root, photo := k.As("admin"), g.hang(filesapi.StateStored)
		slipwaytest.Do(root, catalogapi.SetPhoto, choosing("unicorn", photo)).Want(404).Golden()
		slipwaytest.Do(root, catalogapi.SetPhoto, choosing("mug-blue", photo)).Want(202)
		slipwaytest.Do(root, catalogapi.SetPhoto, choosing("mug-red", photo)).WantCode(409, catalogapi.CodePhotoUsed).Golden()
	})

	t.Run("forgets what is gone before it is attached", func(t *testing.T) {
		t.Parallel()
		k, g := newGallery(t)
		g.gone = true
		slipwaytest.Do(k.As("admin"), catalogapi.SetPhoto, choosing("mug-blue", g.hang(filesapi.StateStored))).Want(202)
		if p := photoOf(k, "mug-blue"); p != nil {
			t.Errorf("shown is %+v, want nothing", p)
		}
	})

	t.Run("shows a stored photo at once, and says that it is used", func(t *testing.T) {
		t.Parallel()
		k, g := newGallery(t)
		root, photo := k.As("admin"), g.hang(filesapi.StateStored)
		for range 2 {
			slipwaytest.Do(root, catalogapi.SetPhoto, choosing("mug-blue", photo)).Want(202)
		}
		want := catalogapi.Photo{URL: photo.URL + "/large", Thumb: photo.URL + "/thumb", Width: 1600, Height: 1200}
		if p := photoOf(k, "mug-blue"); p == nil || *p != want {
			t.Errorf("shown is %+v, want %+v", p, want)
		}
		if got := g.attached(); !slices.Equal(got, []string{"mug-blue"}) {
			t.Errorf("attached are %v, want the photo to mug-blue", got)
		}
	})

	t.Run("shows another photo when module files has stored it, and lets go of the one before", func(t *testing.T) {
		t.Parallel()
		k, g := newGallery(t)
		root, before, after := k.As("admin"), g.hang(filesapi.StateStored), g.hang(filesapi.StateUploaded)
		slipwaytest.Do(root, catalogapi.SetPhoto, choosing("mug-blue", before)).Want(202)
		slipwaytest.Do(root, catalogapi.SetPhoto, choosing("mug-blue", after)).Want(202)
		if p := photoOf(k, "mug-blue"); p == nil || p.URL != before.URL+"/large" {
			t.Errorf("shown is %+v, want the one before, until the other is stored", p)
		}
		stored := store(k, g, after)
		if p := photoOf(k, "mug-blue"); p == nil || p.URL != stored.URL+"/large" {
			t.Errorf("shown is %+v, want %s", p, stored.URL)
		}
		if got := g.attached(); len(got) != 1 {
			t.Errorf("attached are %v, want the one that is shown", got)
		}
	})

	t.Run("shows what was chosen last", func(t *testing.T) {
		t.Parallel()
		k, g := newGallery(t)
		root, first, second := k.As("admin"), g.hang(filesapi.StatePending), g.hang(filesapi.StatePending)
		slipwaytest.Do(root, catalogapi.SetPhoto, choosing("mug-blue", first)).Want(202)
		slipwaytest.Do(root, catalogapi.SetPhoto, choosing("mug-blue", second)).Want(202)
		store(k, g, first)
		if p, got := photoOf(k, "mug-blue"), g.attached(); p != nil || len(got) != 0 {
			t.Errorf("shown is %+v, attached %v, want nothing", p, got)
		}
	})

	t.Run("keeps a photo that is chosen again before module files was told to let go of it", func(t *testing.T) {
		t.Parallel()
		k, g := newGallery(t)
		root, first, second := k.As("admin"), g.hang(filesapi.StateStored), g.hang(filesapi.StateStored)
		g.down = true
		k.LetJobsFail()
		for _, photo := range []filesapi.File{first, second, first} {
			slipwaytest.Do(root.In(t), catalogapi.SetPhoto, choosing("mug-blue", photo)).Want(202)
		}
		g.down = false
		k.RunJobs()
		if p := photoOf(k, "mug-blue"); p == nil || p.URL != first.URL+"/large" {
			t.Errorf("shown is %+v, want %s", p, first.URL)
		}
		if f := g.files[first.ID]; f.Reference != "mug-blue" {
			t.Errorf("the photo that is shown is attached to %q, want to mug-blue", f.Reference)
		}
		if f := g.files[second.ID]; f.Reference != "" {
			t.Errorf("the photo that is not shown is attached to %q, want to nothing", f.Reference)
		}
	})

	t.Run("learns that a photo was refused or is gone", func(t *testing.T) {
		t.Parallel()
		k, g := newGallery(t)
		root, shown, refused := k.As("admin"), g.hang(filesapi.StateStored), g.hang(filesapi.StatePending)
		slipwaytest.Do(root, catalogapi.SetPhoto, choosing("mug-blue", shown)).Want(202)
		slipwaytest.Do(root, catalogapi.SetPhoto, choosing("mug-red", refused)).Want(202)
		slipwaytest.Deliver(k, filesapi.Deleted, shown.ID.String(), shown)
		slipwaytest.Deliver(k, filesapi.Rejected, refused.ID.String(), refused)
		store(k, g, refused) // which cannot be, and changes nothing
		for _, sku := range []string{"mug-blue", "mug-red"} {
			if p := photoOf(k, sku); p != nil {
				t.Errorf("shown of %s is %+v, want nothing", sku, p)
			}
		}
	})
}

// store tells the catalog that a photo was stored.
func store(k *slipwaytest.Kit, g *gallery, f filesapi.File) filesapi.File {
	f.State = filesapi.StateStored
	f.Variants = []filesapi.Rendered{{Name: "large", URL: f.URL + "/large", Width: 90, Height: 60}, {Name: "thumb", URL: f.URL + "/thumb", Width: 90, Height: 60}}
	g.refer(f, "")
	slipwaytest.Deliver(k, filesapi.Stored, f.ID.String(), f)
	return f
}
