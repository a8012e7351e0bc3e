package disk

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"

	"github.com/slipway-go/slipway/blob"
)

// Open implements [blob.Store]. net/http sends what the reader reads without copying it
// through the process, where the system can.
func (s *Store) Open(ctx context.Context, key string) (blob.Reader, error) {
	file, err := fileOf(key)
	if err != nil {
		return nil, err
	}
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	f, info, err := s.open(file)
	if err != nil {
		return nil, fmt.Errorf("open object %s: %w", key, err)
	}
	return &reader{ctx, f, blob.Info{Key: key, Size: info.Size(), Modified: info.ModTime()}}, nil
}

// open opens the file of an object.
func (s *Store) open(file string) (*os.File, fs.FileInfo, error) {
	f, err := s.openFile(file)
	if err != nil {
		return nil, nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = blob.ErrNotFound
	}
	if err != nil {
		return nil, nil, errors.Join(err, f.Close())
	}
	return f, info, nil
}

// openFile opens a file in the directory. os.Root opens each folder on the way, and tells what
// is wrong; what is no file it is not given: to open it might wait for somebody at its other end.
func (s *Store) openFile(file string) (*os.File, error) {
	if f := openAtOnce(s.dir, file); f != nil {
		return f, nil
	}
	if _, err := s.stat(file); err != nil {
		return nil, err
	}
	f, err := s.root.Open(file)
	return f, notFound(err)
}

// Stat implements [blob.Store].
func (s *Store) Stat(ctx context.Context, key string) (blob.Info, error) {
	file, err := fileOf(key)
	if err != nil {
		return blob.Info{}, err
	}
	if err := context.Cause(ctx); err != nil {
		return blob.Info{}, err
	}
	info, err := s.stat(file)
	if err != nil {
		return blob.Info{}, fmt.Errorf("look at object %s: %w", key, err)
	}
	return blob.Info{Key: key, Size: info.Size(), Modified: info.ModTime()}, nil
}

// stat looks at the file of an object. A folder is none, nor is a symbolic link.
func (s *Store) stat(file string) (fs.FileInfo, error) {
	info, err := s.root.Lstat(file)
	switch {
	case err != nil:
		return nil, notFound(err)
	case !info.Mode().IsRegular():
		return nil, blob.ErrNotFound
	}
	return info, nil
}

func notFound(err error) error {
	if missing(err) {
		return blob.ErrNotFound
	}
	return err
}

// A reader reads a file until its context is done.
type reader struct {
	ctx  context.Context //nolint:containedctx // of the caller who reads: blob.Store says so
	file *os.File
	info blob.Info
}

func (r *reader) Read(b []byte) (int, error) {
	if err := context.Cause(r.ctx); err != nil {
		return 0, err
	}
	return r.file.Read(b)
}

func (r *reader) ReadAt(b []byte, off int64) (int, error) {
	if err := context.Cause(r.ctx); err != nil {
		return 0, err
	}
	return r.file.ReadAt(b, off)
}

func (r *reader) Seek(offset int64, whence int) (int64, error) { return r.file.Seek(offset, whence) }
func (r *reader) Close() error                                 { return r.file.Close() }
func (r *reader) Info() blob.Info                              { return r.info }

// SyscallConn lets the kernel send the file.
func (r *reader) SyscallConn() (syscall.RawConn, error) {
	if err := context.Cause(r.ctx); err != nil {
		return nil, err
	}
	return r.file.SyscallConn()
}
