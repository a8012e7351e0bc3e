package disk_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/slipway-go/slipway/blob"
	"github.com/slipway-go/slipway/blob/disk"
)

func put(t *testing.T, store blob.Store, key, content string) {
	t.Helper()
	if _, err := store.Put(t.Context(), key, strings.NewReader(content), int64(len(content))); err != nil {
		t.Fatal(err)
	}
}

func has(t *testing.T, store blob.Store, key, content string) {
	t.Helper()
	r, err := store.Open(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var got bytes.Buffer
	if _, err := got.ReadFrom(r); err != nil || got.String() != content {
		t.Errorf("%s has %.40q, %v, want %.40q", key, got.String(), err, content)
	}
}

func isGone(t *testing.T, store blob.Store, key string) {
	t.Helper()
	if info, err := store.Stat(t.Context(), key); !errors.Is(err, blob.ErrNotFound) {
		t.Errorf("Stat(%s) = %+v, %v, want ErrNotFound", key, info, err)
	}
}

func write(t *testing.T, name, content string) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o700), os.WriteFile(name, []byte(content), 0o600)); err != nil {
		t.Fatal(err)
	}
}

func TestOpen(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		file, want string
	}{
		"ErrNotFolder when a file is where the directory should be":   {"blobs", "open the directory of objects: mkdir "},
		"ErrNotFolder when a file is where the objects should be":     {"blobs/objects", "prepare the directory of objects "},
		"ErrNotFolder when a file is where the drafts should be":      {"blobs/tmp", "prepare the directory of objects "},
		"ErrNotFolder when a file is where the signing key should be": {"blobs/signing", "read the key of the signatures: "},
		"refuses a signing key that is none":                          {"blobs/signing/key", "has 4 bytes: expected 32; take the folder signing away"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			write(t, filepath.Join(dir, c.file), "file")
			if _, err := disk.Open(disk.Config{Dir: filepath.Join(dir, "blobs")}); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("Open() = %v, want it to say %q", err, c.want)
			}
		})
	}
}

// What two processes do on one directory is what two stores do, since a store knows nothing
// but the directory.
func TestStore_Shared(t *testing.T) {
	t.Parallel()

	t.Run("makes one signing key, whoever comes first", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		addresses := make([]string, 20)
		var all sync.WaitGroup
		for i := range addresses {
			all.Go(func() { addresses[i] = sign(t, dir) })
		}
		all.Wait()
		first := serve(t, dir)
		put(t, first, "a", "there")
		for _, address := range addresses {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody)
			r.SetPathValue("key", "a")
			w := httptest.NewRecorder()
			if first.ServeHTTP(w, r); w.Code != http.StatusOK {
				t.Errorf("an address of another process was answered %d %s", w.Code, w.Body)
			}
		}
		if n := len(entries(t, dir, "tmp")); n != 0 {
			t.Errorf("%d drafts are left, want none", n)
		}
	})

	t.Run("sees what the other writes", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		one, other := open(t, disk.Config{Dir: dir}), open(t, disk.Config{Dir: dir})
		var all sync.WaitGroup
		for i := range 50 {
			for _, store := range []*disk.Store{one, other} {
				all.Go(func() {
					key := fmt.Sprintf("folder/%d", i)
					put(t, store, key, "there")
					if err := store.Delete(t.Context(), key); err != nil {
						t.Error(err)
					}
				})
			}
		}
		all.Wait()
		put(t, one, "folder/last", "there")
		has(t, other, "folder/last", "there")
		if got := entries(t, dir, "objects/folder"); !slices.Equal(got, []string{"last"}) {
			t.Errorf("there are %q, want the last one", got)
		}
	})
}

func sign(t *testing.T, dir string) string {
	t.Helper()
	store, err := disk.Open(disk.Config{Dir: dir, URL: "http://shop.test/blobs"})
	if err != nil {
		t.Error(err)
		return ""
	}
	address, err := store.SignGet(t.Context(), "a", blob.Link{Expires: time.Minute})
	if err := errors.Join(err, store.Close()); err != nil {
		t.Error(err)
	}
	return address
}

func entries(t *testing.T, dir, folder string) []string {
	t.Helper()
	all, err := os.ReadDir(filepath.Join(dir, folder))
	if err != nil {
		t.Fatal(err)
	}
	names := make([]string, len(all))
	for i, e := range all {
		names[i] = e.Name()
	}
	return names
}

func TestStore_Permissions(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "new", "blobs")
	put(t, open(t, disk.Config{Dir: dir}), "a/b/c", "there")
	err := filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		want := fs.FileMode(0o600)
		if e.IsDir() {
			want = 0o700
		}
		if err == nil && info.Mode().Perm() != want {
			t.Errorf("%s has the mode %o, want %o", name, info.Mode().Perm(), want)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Whoever can write to the directory can lead the store nowhere else.
func TestStore_Links(t *testing.T) {
	t.Parallel()
	dir, outside := t.TempDir(), t.TempDir()
	write(t, filepath.Join(outside, "secret"), "secret")
	store := open(t, disk.Config{Dir: dir})
	for name, target := range map[string]string{"folder": outside, "file": filepath.Join(outside, "secret"), "own": "../signing/key"} {
		if err := os.Symlink(target, filepath.Join(dir, "objects", name)); err != nil {
			t.Fatal(err)
		}
	}
	isGone(t, store, "file")
	isGone(t, store, "own")
	for _, key := range []string{"file", "own", "folder/secret"} {
		for _, s := range []blob.Store{store, byFolders{store}} {
			if r, err := s.Open(t.Context(), key); err == nil {
				t.Errorf("Open(%s) reads %+v, want an error", key, r.Info())
			}
		}
	}
	if _, err := store.Put(t.Context(), "folder/new", strings.NewReader("x"), 1); err == nil {
		t.Error("Put() writes outside of the directory")
	}
	if err := store.Delete(t.Context(), "folder/secret"); err == nil {
		t.Error("Delete() deletes outside of the directory")
	}
	for info, err := range store.List(t.Context(), "", "") {
		t.Errorf("List() tells of %+v, %v, want nothing", info, err)
	}
	put(t, store, "file", "mine")
	has(t, store, "file", "mine")
	if got := entries(t, outside, "."); !slices.Equal(got, []string{"secret"}) {
		t.Errorf("outside are %q, want the secret", got)
	}
	if b, err := os.ReadFile(filepath.Join(outside, "secret")); err != nil || string(b) != "secret" {
		t.Errorf("the secret is %q, %v", b, err)
	}
}

func TestStore_Folders(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store := open(t, disk.Config{Dir: dir})

	t.Run("refuses a key below an object", func(t *testing.T) {
		put(t, store, "object", "there")
		_, err := store.Put(t.Context(), "object/b", strings.NewReader("x"), 1)
		if err == nil || !strings.Contains(err.Error(), "a key above this one is an object") {
			t.Errorf("Put() = %v, want it to tell of the object", err)
		}
		has(t, store, "object", "there")
	})

	t.Run("refuses the key of a folder with objects", func(t *testing.T) {
		put(t, store, "folder/b", "there")
		_, err := store.Put(t.Context(), "folder", strings.NewReader("x"), 1)
		if err == nil || !strings.Contains(err.Error(), "the key is the folder of other objects") {
			t.Errorf("Put() = %v, want it to tell of the folder", err)
		}
		has(t, store, "folder/b", "there")
	})

	t.Run("takes the key of a folder that a process left empty", func(t *testing.T) {
		if err := os.Mkdir(filepath.Join(dir, "objects", "empty"), 0o700); err != nil {
			t.Fatal(err)
		}
		put(t, store, "empty", "there")
		has(t, store, "empty", "there")
	})

	t.Run("takes away the folders that are empty after Delete", func(t *testing.T) {
		put(t, store, "x/y/z", "there")
		put(t, store, "x/w", "there")
		for key, want := range map[string][]string{"x/y/z": {"w"}} {
			if err := store.Delete(t.Context(), key); err != nil {
				t.Fatal(err)
			}
			if got := entries(t, dir, "objects/x"); !slices.Equal(got, want) {
				t.Errorf("there are %q, want %q", got, want)
			}
		}
	})

	t.Run("leaves no draft", func(t *testing.T) {
		if got := entries(t, dir, "tmp"); len(got) > 0 {
			t.Errorf("there are %q, want nothing", got)
		}
	})
}

// A folder with more names than are held at once is read again for each page.
func TestStore_List(t *testing.T) {
	t.Parallel()
	store := open(t, disk.Config{Dir: t.TempDir()})
	var want []string
	for i := range 40 {
		key := fmt.Sprintf("a/%02d", i)
		if i%4 == 0 {
			key += "/b"
		}
		put(t, store, key, "x")
		want = append(want, key)
	}
	for _, page := range []int{1, 2, 3, 7, 20, 39, 40, 41} {
		var got []string
		for info, err := range store.ListBy(t.Context(), page, "", "") {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, info.Key)
		}
		if !slices.Equal(got, want) {
			t.Errorf("with %d names at once List() tells of %q, want %q", page, got, want)
		}
	}
}

func TestStore_CopyWithoutLinks(t *testing.T) {
	t.Parallel()
	store := open(t, disk.Config{Dir: t.TempDir()})
	put(t, store, "a", "there")
	if err := store.CopyOf(t.Context(), "a", "b/c"); err != nil {
		t.Fatal(err)
	}
	has(t, store, "b/c", "there")
}

// The kernel sends a file that a reader gives away.
func TestReader_SyscallConn(t *testing.T) {
	t.Parallel()
	store := open(t, disk.Config{Dir: t.TempDir()})
	put(t, store, "files/a", "there")
	for name, store := range map[string]blob.Store{"files/a": store, "a": blob.Below(store, "files/")} {
		r, err := store.Open(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		conn, ok := r.(syscall.Conn)
		if !ok {
			t.Fatalf("%T gives no file away", r)
		}
		if _, err := conn.SyscallConn(); err != nil {
			t.Error(err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}
