package disk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"path"
	"slices"
	"strings"

	"github.com/slipway-go/slipway/blob"
)

const (
	// pageSize is how many names of one folder are in memory. A larger folder is read again
	// for each page.
	pageSize = 16 << 10
	// readSize is how many names are read at once.
	readSize = 1 << 10
)

// List implements [blob.Store].
func (s *Store) List(ctx context.Context, prefix, after string) iter.Seq2[blob.Info, error] {
	return s.list(ctx, prefix, after, pageSize)
}

func (s *Store) list(ctx context.Context, prefix, after string, page int) iter.Seq2[blob.Info, error] {
	return func(yield func(blob.Info, error) bool) {
		if err := blob.CheckPrefix(prefix); err != nil {
			yield(blob.Info{}, err)
			return
		}
		w := walk{s, ctx, prefix, after, page, yield}
		w.folder(prefix[:strings.LastIndexByte(prefix, '/')+1])
	}
}

// A walk goes through the folders in the order of keys. Each of its functions returns whether
// it is to go on.
type walk struct {
	store  *Store
	ctx    context.Context //nolint:containedctx // of the one call that walks
	prefix string
	after  string
	page   int
	yield  func(blob.Info, error) bool
}

// folder walks through a folder: "" or one whose name ends in a slash.
func (w walk) folder(name string) bool {
	last := ""
	for {
		keys, more, err := w.next(name, last)
		if err != nil {
			w.yield(blob.Info{}, fmt.Errorf("list objects below %q: %w", name, err))
			return false
		}
		for _, key := range keys {
			if !w.visit(key) {
				return false
			}
		}
		if !more {
			return true
		}
		last = keys[len(keys)-1]
	}
}

func (w walk) visit(key string) bool {
	if strings.HasSuffix(key, "/") {
		return w.folder(key)
	}
	info, err := w.store.stat(path.Join(objects, key))
	switch {
	case errors.Is(err, blob.ErrNotFound):
		return true // deleted meanwhile, or no object
	case err != nil:
		w.yield(blob.Info{}, fmt.Errorf("list object %s: %w", key, err))
		return false
	}
	return w.yield(blob.Info{Key: key, Size: info.Size(), Modified: info.ModTime()}, nil)
}

// next returns the first keys of a folder that are wanted, from behind the last one, and
// whether there are more. A key that ends in a slash is a folder's, which so has its place
// in the order.
func (w walk) next(folder, last string) (keys []string, more bool, err error) {
	f, err := w.store.root.Open(path.Join(objects, folder))
	if missing(err) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	defer f.Close()
	for {
		if err := context.Cause(w.ctx); err != nil {
			return nil, false, err
		}
		entries, err := f.ReadDir(readSize)
		for _, e := range entries {
			if key := keyOf(folder, e); key > last && w.wants(key) {
				keys = append(keys, key)
			}
		}
		if len(keys) > 2*w.page {
			keys, more = w.first(keys), true
		}
		switch {
		case errors.Is(err, io.EOF):
			return w.first(keys), more || len(keys) > w.page, nil
		case missing(err): // it is an object
			return nil, false, nil
		case err != nil:
			return nil, false, err
		}
	}
}

// first returns a page of the keys.
func (w walk) first(keys []string) []string {
	slices.Sort(keys)
	return keys[:min(len(keys), w.page)]
}

func keyOf(folder string, e fs.DirEntry) string {
	if e.IsDir() {
		return folder + e.Name() + "/"
	}
	return folder + e.Name()
}

// wants tells whether a key, or one in a folder, can be among those that are asked for.
func (w walk) wants(key string) bool {
	if !strings.HasSuffix(key, "/") {
		return strings.HasPrefix(key, w.prefix) && key > w.after && blob.CheckKey(key) == nil
	}
	return (strings.HasPrefix(key, w.prefix) || strings.HasPrefix(w.prefix, key)) && (key > w.after || strings.HasPrefix(w.after, key))
}
