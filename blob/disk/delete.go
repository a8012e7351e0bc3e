package disk

import (
	"context"
	"errors"
	"fmt"
	"path"

	"github.com/slipway-go/slipway/blob"
)

// Delete implements [blob.Store], and takes away the folders that are empty then.
func (s *Store) Delete(ctx context.Context, key string) error {
	file, err := fileOf(key)
	if err != nil {
		return err
	}
	if err := context.Cause(ctx); err != nil {
		return err
	}
	if err := s.remove(file); err != nil {
		return fmt.Errorf("delete object %s: %w", key, err)
	}
	return nil
}

func (s *Store) remove(file string) error {
	switch _, err := s.stat(file); {
	case errors.Is(err, blob.ErrNotFound):
		return nil
	case err != nil:
		return err
	}
	if err := s.root.Remove(file); err != nil && !missing(err) {
		return err
	}
	s.removeEmpty(path.Dir(file))
	return nil
}

// removeEmpty takes a folder away, and those above it, up to one in which there is something.
// One that it leaves for another reason harms nobody.
func (s *Store) removeEmpty(folder string) {
	for folder != objects && s.root.Remove(folder) == nil {
		folder = path.Dir(folder)
	}
}
