package disk_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/slipway-go/slipway/blob"
	"github.com/slipway-go/slipway/blob/blobtest"
	"github.com/slipway-go/slipway/blob/disk"
)

// serve opens a store on the directory, whose signed addresses lead to it.
func serve(t *testing.T, dir string) *disk.Store {
	t.Helper()
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	store := open(t, disk.Config{Dir: dir, URL: server.URL + "/blobs"})
	mux.Handle("/blobs/{key...}", store)
	return store
}

func open(t *testing.T, cfg disk.Config) *disk.Store {
	t.Helper()
	store, err := disk.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return store
}

func TestStore(t *testing.T) {
	t.Parallel()
	blobtest.TestStore(t, func(t *testing.T) blob.Store {
		t.Helper()
		return serve(t, t.TempDir())
	})
}

// byFolders is a store where the system cannot open a file at once.
type byFolders struct{ *disk.Store }

// Open implements blob.Store.
func (s byFolders) Open(ctx context.Context, key string) (blob.Reader, error) {
	return s.OpenByFolders(ctx, key)
}

// What is below a folder is a store as well; this one opens its files the slow way.
func TestBelow(t *testing.T) {
	t.Parallel()
	blobtest.TestStore(t, func(t *testing.T) blob.Store {
		t.Helper()
		return blob.Below(byFolders{serve(t, t.TempDir())}, "files/")
	})
}
