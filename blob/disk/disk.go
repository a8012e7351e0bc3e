package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/slipway-go/slipway/blob"
	"github.com/slipway-go/slipway/problem"
)

// Config says where objects are kept.
type Config struct {
	// Dir is the directory. It is made if it is not there.
	Dir string
	// URL is the address at which clients reach the store's handler, without a slash at its
	// end; the key comes behind it. Without it nothing can be signed.
	URL string
	// Fail answers a request that failed, and reports what a client cannot help. Default:
	// problem.Write.
	Fail func(w http.ResponseWriter, r *http.Request, err error)
}

// A Store keeps objects in a directory. Close it.
type Store struct {
	root    *os.Root
	dir     *os.File // the same directory
	url     string
	fail    func(http.ResponseWriter, *http.Request, error)
	secret  []byte
	buffers sync.Pool
	swept   atomic.Int64 // in Unix seconds
	coming  sync.Map     // the keys of which a form is being sent to this process
}

var (
	_ blob.Store = (*Store)(nil)
	_ blob.Door  = (*Store)(nil)
)

// The folders of the directory.
const (
	objects = "objects"
	temp    = "tmp"
	signing = "signing"
)

const (
	folderMode = 0o700
	fileMode   = 0o600
)

// Open makes the directory ready.
func Open(cfg Config) (*Store, error) {
	root, dir, err := openDir(cfg.Dir)
	if err != nil {
		return nil, fmt.Errorf("open the directory of objects: %w", err)
	}
	s := &Store{root: root, dir: dir, url: strings.TrimSuffix(cfg.URL, "/"), fail: cfg.Fail}
	s.buffers.New = func() any { return new([bufferSize]byte) }
	if s.fail == nil {
		s.fail = func(w http.ResponseWriter, _ *http.Request, err error) { problem.Write(w, err, "") }
	}
	if err := s.prepare(); err != nil {
		return nil, errors.Join(fmt.Errorf("prepare the directory of objects %s: %w", cfg.Dir, err), s.Close())
	}
	return s, nil
}

func openDir(name string) (*os.Root, *os.File, error) {
	if err := os.MkdirAll(name, folderMode); err != nil {
		return nil, nil, err
	}
	root, err := os.OpenRoot(name)
	if err != nil {
		return nil, nil, err
	}
	dir, err := root.Open(".")
	if err != nil {
		return nil, nil, errors.Join(err, root.Close())
	}
	return root, dir, nil
}

func (s *Store) prepare() (err error) {
	for _, folder := range []string{objects, temp} {
		if err := s.root.MkdirAll(folder, folderMode); err != nil {
			return err
		}
	}
	if s.secret, err = s.signingKey(); err != nil {
		return err
	}
	s.sweepNow()
	return nil
}

// String implements [blob.Store].
func (s *Store) String() string {
	dir := s.root.Name()
	if whole, err := filepath.Abs(dir); err == nil {
		dir = whole
	}
	return "directory " + dir
}

// Close gives the directory back. Readers stay open.
func (s *Store) Close() error { return errors.Join(s.dir.Close(), s.root.Close()) }

// fileOf returns the path of an object's file.
func fileOf(key string) (string, error) {
	if err := blob.CheckKey(key); err != nil {
		return "", err
	}
	return path.Join(objects, key), nil
}

// missing tells that an object is not there: there is no file, or a key above it is an object.
func missing(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || isNotFolder(err)
}
