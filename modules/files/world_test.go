package files

import (
	"context"
	"testing"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/modules/files/filesapi"
	"github.com/slipway-go/slipway/modules/files/migrations"
	"github.com/slipway-go/slipway/slipwaytest"
)

func TestMain(m *testing.M) { slipwaytest.Main(m, New(), albumModule(), witnessModule()) }

// The album is a module that has files: public photos of its users, of which those who may
// add to the album upload, their private documents, and exports that it writes itself.
var (
	album     = api.Module("album").Permits(albumAdd)
	albumAdd  = auth.Perm("album:add", "Add photos to the album").GrantTo("customer")
	albumKeep = api.PUT[filesapi.FileInput, filesapi.File](album, "/album/{id}", auth.Need(albumAdd), "Put a file into the album")
	albumDrop = api.DELETE[filesapi.FileInput, api.Empty](album, "/album/{id}", auth.Need(albumAdd), "Take a file out of the album")
	photos    = filesapi.Define(album, "photos", filesapi.Rules{Doc: "Photos of an album", Types: []filesapi.Type{filesapi.JPEG, filesapi.PNG}, MaxBytes: 1 << 20, Visibility: filesapi.Public, Upload: albumAdd})
	documents = filesapi.Define(album, "documents", filesapi.Rules{Doc: "Documents of a user", Types: []filesapi.Type{filesapi.PDF, filesapi.Text, filesapi.CSV}, MaxFiles: 20, Upload: filesapi.Write})
	_         = filesapi.Define(album, "portraits", filesapi.Rules{Doc: "Photos of people", Types: []filesapi.Type{filesapi.JPEG, filesapi.PNG, filesapi.WebP}, Upload: albumAdd, Image: &filesapi.Image{
		Encode: true, MaxPixels: 1_000_000, Variants: []filesapi.Variant{{Name: "thumb", Width: 40, Height: 40}, {Name: "large", Width: 160, Height: 160}},
	}})
	_       = filesapi.Define(album, "covers", filesapi.Rules{Doc: "Covers of an album", Types: []filesapi.Type{filesapi.PNG}, Upload: albumAdd, Image: &filesapi.Image{Variants: []filesapi.Variant{{Name: "thumb", Width: 40, Height: 40}}}})
	_       = filesapi.Define(album, "films", filesapi.Rules{Doc: "Films", Types: []filesapi.Type{filesapi.MP4}, MaxBytes: 1 << 30, MaxFiles: 1_000_000, Upload: filesapi.Write})
	exports = filesapi.Define(album, "exports", filesapi.Rules{Doc: "Exports of an album", Types: []filesapi.Type{filesapi.CSV}})
)

func albumModule() slipway.Module {
	return slipway.NewModule(album, func(m *slipway.Setup, _ struct{}) error {
		files := m.Calls(filesapi.Module)
		api.Handle(m, albumKeep, func(ctx context.Context, in filesapi.FileInput) (filesapi.File, error) {
			return api.Call(ctx, files, filesapi.Attach, filesapi.AttachInput{ID: in.ID, Body: filesapi.Attachment{Reference: "a page"}})
		})
		api.Handle(m, albumDrop, func(ctx context.Context, in filesapi.FileInput) (api.Empty, error) {
			return api.Call(ctx, files, filesapi.Detach, in)
		})
		return nil
	}, slipway.Calls(filesapi.Module))
}

// A world is the module with an album, and what only the inside of the module knows.
type world struct {
	*slipwaytest.Kit
	service *service
}

// newWorld returns a world in one transaction, which is rolled back.
func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{}
	w.Kit = slipwaytest.Tx(t, w.module(), albumModule())
	w.identify(t)
	return w
}

// newRealWorld returns a world whose transactions commit.
func newRealWorld(t *testing.T, settings map[string]string) *world {
	t.Helper()
	w := &world{}
	w.Kit = slipwaytest.CommitWith(t, settings, w.module(), albumModule())
	w.identify(t)
	return w
}

// module is the module as New returns it, whose service the world gets.
func (w *world) module() slipway.Module {
	return slipway.NewModule(filesapi.Module, func(m *slipway.Setup, cfg Config) error {
		w.service = newService(m, cfg)
		return nil
	}, slipway.Migrations(migrations.Files), emitted(), slipway.Commands(commands))
}

// identify does what a process does soon after it started.
func (w *world) identify(t *testing.T) {
	t.Helper()
	if err := w.service.identify(t.Context()); err != nil {
		t.Fatal(err)
	}
}
