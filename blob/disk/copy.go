package disk

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"path"
	"time"

	"github.com/slipway-go/slipway/blob"
)

// Copy implements [blob.Store]. The content of a file never changes, so two objects can share
// it by a hard link; where there is none, it is copied.
func (s *Store) Copy(ctx context.Context, from, to string) error {
	source, err := fileOf(from)
	if err != nil {
		return err
	}
	target, err := fileOf(to)
	if err != nil {
		return err
	}
	if err := context.Cause(ctx); err != nil {
		return err
	}
	if _, err := s.stat(source); err != nil {
		return fmt.Errorf("copy object %s: %w", from, err)
	}
	switch err := s.link(source, target); {
	case err == nil:
		return nil
	case missing(err):
		return fmt.Errorf("copy object %s: %w", from, blob.ErrNotFound)
	}
	return s.copyOf(ctx, from, to)
}

// link has target be the file of source. A rename leaves both names if they are of one file
// already, so the other is always taken away.
func (s *Store) link(source, target string) error {
	draft := path.Join(temp, rand.Text())
	if err := s.root.Link(source, draft); err != nil {
		return err
	}
	now := time.Now()
	if err := s.root.Chtimes(draft, now, now); err != nil {
		return errors.Join(err, s.discard(draft))
	}
	return errors.Join(s.place(draft, target), s.discard(draft))
}

func (s *Store) copyOf(ctx context.Context, from, to string) error {
	r, err := s.Open(ctx, from)
	if err != nil {
		return err
	}
	_, err = s.Put(ctx, to, r, r.Info().Size)
	return errors.Join(err, r.Close())
}
