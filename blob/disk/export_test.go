package disk

import (
	"context"
	"iter"

	"github.com/slipway-go/slipway/blob"
)

// ListBy lists with so many names of a folder in memory.
func (s *Store) ListBy(ctx context.Context, page int, prefix, after string) iter.Seq2[blob.Info, error] {
	return s.list(ctx, prefix, after, page)
}

// CopyOf copies as where the file system has no hard links.
func (s *Store) CopyOf(ctx context.Context, from, to string) error { return s.copyOf(ctx, from, to) }

// OpenByFolders opens as where the system cannot open a file at once.
func (s *Store) OpenByFolders(ctx context.Context, key string) (blob.Reader, error) {
	return (&Store{root: s.root}).Open(ctx, key)
}
