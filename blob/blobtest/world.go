package blobtest

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/slipway-go/slipway/blob"
)

// A world is one empty store, with words for what is done to it.
type world struct {
	*testing.T

	store blob.Store
}

func newWorld(t *testing.T, store blob.Store) *world {
	t.Helper()
	return &world{t, store}
}

const plenty = 64 << 20 // bytes, of an object

// put writes an object.
func (w *world) put(key, content string) {
	w.Helper()
	info, err := w.store.Put(w.Context(), key, strings.NewReader(content), plenty)
	if err != nil || info.Key != key || info.Size != int64(len(content)) {
		w.Fatalf("Put(%s) = %+v, %v, want %d bytes", key, info, err, len(content))
	}
}

// has fails unless the object has the content.
func (w *world) has(key, content string) {
	w.Helper()
	r, err := w.store.Open(w.Context(), key)
	if err != nil {
		w.Errorf("Open(%s) = %v, want an object of %d bytes", key, err, len(content))
		return
	}
	got, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil {
		w.Fatalf("read %s: %v", key, err)
	}
	if string(got) != content {
		w.Errorf("%s has %d bytes %.20q, want %d bytes %.20q", key, len(got), got, len(content), content)
	}
	if info := r.Info(); info.Key != key || info.Size != int64(len(content)) {
		w.Errorf("Info() of %s = %+v, want %d bytes", key, info, len(content))
	}
}

// hasNot fails if there is an object.
func (w *world) hasNot(key string) {
	w.Helper()
	if r, err := w.store.Open(w.Context(), key); !errors.Is(err, blob.ErrNotFound) {
		w.Errorf("Open(%s) = %v, want ErrNotFound", key, err)
		if err == nil {
			w.closed(r)
		}
	}
	if info, err := w.store.Stat(w.Context(), key); !errors.Is(err, blob.ErrNotFound) {
		w.Errorf("Stat(%s) = %+v, %v, want ErrNotFound", key, info, err)
	}
}

func (w *world) open(ctx context.Context, key string) blob.Reader {
	w.Helper()
	r, err := w.store.Open(ctx, key)
	if err != nil {
		w.Fatalf("Open(%s) = %v", key, err)
	}
	w.Cleanup(func() { _ = r.Close() }) // the test may have closed it
	return r
}

func (w *world) closed(r io.Closer) {
	w.Helper()
	if err := r.Close(); err != nil {
		w.Errorf("Close() = %v", err)
	}
}

// keys returns those that List tells of.
func (w *world) keys(prefix, after string) []string {
	w.Helper()
	var all []string
	for info, err := range w.store.List(w.Context(), prefix, after) {
		if err != nil {
			w.Fatalf("List(%q, %q) = %v", prefix, after, err)
		}
		all = append(all, info.Key)
	}
	return all
}
