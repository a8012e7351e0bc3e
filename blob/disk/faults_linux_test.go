package disk_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/slipway-go/slipway/blob"
	"github.com/slipway-go/slipway/blob/disk"
)

func TestStore_Full(t *testing.T) {
	t.Parallel()

	t.Run("ErrFull when the device has no room", func(t *testing.T) {
		t.Parallel()
		c := child(t, "fills a small disk", t.TempDir())
		c.SysProcAttr = isolated()
		saysNothing(t, isolatedResult(t, c.Output))
	})

	t.Run("ErrFull when a file may not be as large", func(t *testing.T) {
		t.Parallel()
		saysNothing(t, result(t, child(t, "has a largest file", t.TempDir())))
	})
}

func TestStore_ReadOnly(t *testing.T) {
	t.Parallel()
	c := child(t, "reads only", t.TempDir())
	c.SysProcAttr = isolated()
	saysNothing(t, isolatedResult(t, c.Output))
}

// isolatedResult skips where no process may have mounts of its own.
func isolatedResult(t *testing.T, output func() ([]byte, error)) string {
	t.Helper()
	out, err := output()
	if err != nil && len(out) == 0 || strings.Contains(string(out), "mount") {
		t.Skipf("needs mounts of its own: %v %s", err, out)
	}
	return string(out)
}

func saysNothing(t *testing.T, got string) {
	t.Helper()
	if got != "<nil>" {
		t.Error(got)
	}
}

// A pipe is no object, and nobody waits for who would write into it.
func TestStore_Pipe(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store := open(t, disk.Config{Dir: dir})
	if err := syscall.Mkfifo(filepath.Join(dir, "objects", "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, s := range []blob.Store{store, byFolders{store}} {
		if _, err := s.Open(t.Context(), "pipe"); !errors.Is(err, blob.ErrNotFound) {
			t.Errorf("Open() of a pipe = %v, want ErrNotFound", err)
		}
	}
}

func TestOpen_Unreadable(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		t.Skip("needs to be root, to be somebody else")
	}
	dir := filepath.Join(t.TempDir(), "blobs")
	open(t, disk.Config{Dir: dir})
	got := result(t, child(t, "opens as nobody", dir))
	if !strings.HasPrefix(got, "permission: open the directory of objects: ") || !strings.Contains(got, filepath.Dir(dir)) {
		t.Errorf("Open() as somebody else = %s, want it to tell of the permission and of %s", got, filepath.Dir(dir))
	}
}

// A process that is killed leaves its draft, which goes after a day and not before.
func TestStore_Killed(t *testing.T) {
	t.Parallel()
	for _, before := range []string{"", "the one before"} {
		dir := t.TempDir()
		store := open(t, disk.Config{Dir: dir})
		if before != "" {
			put(t, store, "a/b", before)
		}
		dieWriting(t, dir)
		if before == "" {
			isGone(t, store, "a/b")
		} else {
			has(t, store, "a/b", before)
		}
		open(t, disk.Config{Dir: dir})
		if n := len(drafts(t, dir)); n != 1 {
			t.Errorf("there are %d drafts, want that of the process that died", n)
		}
		old := time.Now().Add(-25 * time.Hour)
		if err := os.Chtimes(drafts(t, dir)[0], old, old); err != nil {
			t.Fatal(err)
		}
		open(t, disk.Config{Dir: dir})
		if n := len(drafts(t, dir)); n != 0 {
			t.Errorf("there are %d drafts after a day, want none", n)
		}
	}
}

// dieWriting kills a process that has written the half of an object.
func dieWriting(t *testing.T, dir string) {
	t.Helper()
	c := child(t, "writes its input", dir)
	in, err := c.StdinPipe()
	if err == nil {
		err = c.Start()
	}
	if err == nil {
		_, err = io.WriteString(in, strings.Repeat("half", 256<<10))
	}
	if err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(30 * time.Second); written(t, dir) == 0; {
		if time.Now().After(end) {
			t.Fatal("the child writes nothing")
		}
	}
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = c.Wait() // it was killed
}

func written(t *testing.T, dir string) (bytes int64) {
	t.Helper()
	for _, name := range drafts(t, dir) {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		bytes += info.Size()
	}
	return bytes
}

func drafts(t *testing.T, dir string) []string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(dir, "tmp", "*"))
	if err != nil {
		t.Fatal(err)
	}
	return all
}
