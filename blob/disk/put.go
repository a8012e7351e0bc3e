package disk

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"

	"github.com/slipway-go/slipway/blob"
)

// bufferSize is how much is read and written at once.
const bufferSize = 128 << 10

// errTooSmall refuses a content that a form lets in from a larger size only.
var errTooSmall = errors.New("the object is smaller than may be")

// sizes bound an object, in bytes.
type sizes struct{ least, most int64 }

// Put implements [blob.Store].
func (s *Store) Put(ctx context.Context, key string, r io.Reader, limit int64) (blob.Info, error) {
	return s.put(ctx, key, r, sizes{most: limit})
}

func (s *Store) put(ctx context.Context, key string, r io.Reader, bounds sizes) (blob.Info, error) {
	file, err := fileOf(key)
	if err != nil {
		return blob.Info{}, err
	}
	s.sweep()
	draft, info, err := s.draft(ctx, r, bounds)
	if err != nil {
		return blob.Info{}, fmt.Errorf("write object %s: %w", key, full(err))
	}
	if err := s.place(draft, file); err != nil {
		return blob.Info{}, fmt.Errorf("write object %s: %w", key, full(err))
	}
	info.Key = key
	return info, nil
}

// draft writes a file that is no object yet, and returns its path. After an error there is none.
func (s *Store) draft(ctx context.Context, r io.Reader, bounds sizes) (string, blob.Info, error) {
	name := path.Join(temp, rand.Text())
	f, err := s.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
	if err != nil {
		return "", blob.Info{}, err
	}
	info, err := s.fill(ctx, f, r, bounds)
	if err = errors.Join(err, f.Close()); err != nil {
		return "", blob.Info{}, errors.Join(err, s.discard(name))
	}
	return name, info, nil
}

// fill writes and flushes the file: one that moves to its place before would be empty after a
// loss of power. One that took longer than it may is not to move.
func (s *Store) fill(ctx context.Context, f *os.File, r io.Reader, bounds sizes) (blob.Info, error) {
	if err := s.copy(ctx, f, r, bounds); err != nil {
		return blob.Info{}, err
	}
	if err := f.Sync(); err != nil {
		return blob.Info{}, err
	}
	if err := context.Cause(ctx); err != nil {
		return blob.Info{}, err
	}
	info, err := f.Stat()
	if err != nil {
		return blob.Info{}, err
	}
	return blob.Info{Size: info.Size(), Modified: info.ModTime()}, nil
}

func (s *Store) copy(ctx context.Context, f *os.File, r io.Reader, bounds sizes) error {
	buffer := s.buffers.Get().(*[bufferSize]byte) //nolint:forcetypeassert // New makes nothing else
	defer s.buffers.Put(buffer)
	within := &io.LimitedReader{R: during{ctx, r}, N: bounds.most}
	n, err := io.CopyBuffer(&early{file: f}, within, buffer[:])
	switch {
	case err != nil:
		return err
	case n < bounds.least:
		return fmt.Errorf("%w: %d bytes, expected %d or more", errTooSmall, n, bounds.least)
	case n < bounds.most:
		return nil
	}
	return nothingIn(within.R, bounds.most)
}

// nothingIn reports what comes behind the last byte that may be.
func nothingIn(r io.Reader, limit int64) error {
	switch n, err := io.ReadAtLeast(r, make([]byte, 1), 1); {
	case n > 0:
		return fmt.Errorf("%w: expected up to %d bytes", blob.ErrTooLarge, limit)
	case errors.Is(err, io.EOF):
		return nil
	default:
		return err
	}
}

// during reads until ctx is done.
type during struct {
	ctx context.Context //nolint:containedctx // of the one call whose content it reads
	r   io.Reader
}

func (d during) Read(b []byte) (int, error) {
	if err := context.Cause(d.ctx); err != nil {
		return 0, err
	}
	n, err := d.r.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		err = &contentError{err}
	}
	return n, err
}

// A contentError is one of who gives the content, and not of the store.
type contentError struct{ err error }

func (e *contentError) Error() string { return "read the content: " + e.err.Error() }
func (e *contentError) Unwrap() error { return e.err }

func (s *Store) discard(name string) error {
	if err := s.root.Remove(name); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// placings bounds how often one Put meets a Delete that has just taken its folder away.
const placings = 100

// place moves a draft to its place and has it there for good. After an error the draft is gone.
func (s *Store) place(draft, file string) error {
	err := s.move(draft, file)
	if err != nil {
		return errors.Join(err, s.discard(draft))
	}
	return s.flush(path.Dir(file))
}

func (s *Store) move(draft, file string) error {
	var err error
	for range placings {
		err = s.root.Rename(draft, file)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			if made := s.folder(path.Dir(file)); made != nil {
				return made
			}
		case isNotFolder(err):
			return belowObject(err)
		case isFolder(err):
			if s.root.Remove(file) != nil { // one that is empty was left when a process died
				return fmt.Errorf("the key is the folder of other objects: %w", err)
			}
		default:
			return err
		}
	}
	return err
}

// folder makes a folder, with those above it, and has them there for good.
func (s *Store) folder(name string) error {
	err := s.root.MkdirAll(name, folderMode)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrExist):
		return nil // a Delete took away what was there, or is just made: it is tried again
	case isNotFolder(err):
		return belowObject(err)
	case err != nil:
		return err
	}
	for up := path.Dir(name); up != "."; up = path.Dir(up) {
		if err := s.flush(up); err != nil {
			return err
		}
	}
	return nil
}

func belowObject(err error) error {
	return fmt.Errorf("a key above this one is an object: %w", err)
}

// flush has the entries of a folder on the device. One that is gone had its last object
// deleted meanwhile.
func (s *Store) flush(folder string) error {
	f, err := s.root.Open(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
