package slipway

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/blob"
	"github.com/slipway-go/slipway/blob/disk"
	"github.com/slipway-go/slipway/config"
)

// blobs say where the modules keep their objects.
type blobs struct {
	Dir string `env:"BLOB_DIR" example:"/var/lib/shop/blobs" doc:"The directory in which modules keep the content of files; all replicas of a module share it. Each module has a folder of its own there. Default in development and test: blobs in SLIPWAY_DATA_DIR."`
}

// blobSettings are read when a module asks for its store: a product without one needs none.
func (a *App) blobSettings() (blobs, error) {
	b, err := config.Load[blobs](a.source, "")
	if err != nil || b.Dir != "" {
		return b, err
	}
	switch {
	case a.overrides.BlobDir != nil:
		b.Dir = a.overrides.BlobDir()
	case a.source.Environment() == config.Production:
		return b, config.Errors{{
			Variable: "BLOB_DIR", Expected: "the directory in which the content of files is kept, such as /var/lib/shop/blobs",
			Fix: "in production it must be one that outlives the process, and that all replicas share",
		}}
	default:
		b.Dir = filepath.Join(a.settings.process.DataDir, "blobs")
	}
	return b, nil
}

// Blobs returns the store of the module's objects. Where it is the settings say; the module
// sees its own keys alone. The door is a route of the module whose path ends in
// "/{key...}", with whatever method: addresses that the store signs lead there if it has none
// of its own, and otherwise nothing is behind it.
func (s *Setup) Blobs(door *api.Mounted) blob.Store {
	folder, ok := strings.CutSuffix(door.Path(), "/{key...}")
	if !ok {
		s.fail(fmt.Errorf("%s gives Blobs the route %s: expected a path that ends in /{key...}", s.module.Name(), door.Pattern()))
		return nil
	}
	store, handler, err := s.app.openBlobs(s.PublicURL() + folder)
	if err != nil {
		s.fail(fmt.Errorf("open the store of %s: %w", s.module.Name(), err))
		return nil
	}
	api.Mount(s, door, handler)
	return blob.Below(store, s.module.Name()+"/")
}

// Blobs opens the store of the module's objects, which signs nothing: nobody serves what it
// would lead to.
func (o *Operation) Blobs() (blob.Store, error) {
	store, _, err := o.operator.app.openBlobs("")
	if err != nil {
		return nil, fmt.Errorf("open the store of %s: %w", o.module.Name(), err)
	}
	return blob.Below(store, o.module.Name()+"/"), nil
}

// openBlobs opens the store that the settings name, until the App is closed, and what serves
// the addresses that it signs below url.
func (a *App) openBlobs(url string) (blob.Store, http.Handler, error) {
	b, err := a.blobSettings()
	if err != nil {
		return nil, nil, err
	}
	store, err := disk.Open(disk.Config{Dir: b.Dir, URL: url, Fail: api.Fail})
	if err != nil {
		return nil, nil, fmt.Errorf("BLOB_DIR=%s: %w", b.Dir, err)
	}
	a.closers = append(a.closers, store.Close)
	return store, store, nil
}
