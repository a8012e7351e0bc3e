package shared

import (
	"path/filepath"
	"syscall"
	"testing"
)

// A program that is being started has copies of its parent's files until it runs.
func TestFileLock_ReleaseWithACopyAround(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lock")
	l, err := tryLock(path, inCommon)
	if err != nil || l == nil {
		t.Fatalf("tryLock() = %v, %v", l, err)
	}
	child, err := syscall.Dup(int(l.file.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(child) //nolint:errcheck // nothing was written
	l.release()
	if taken, err := isLocked(path, exclusive); taken || err != nil {
		t.Errorf("isLocked() = %t, %v after release, want it free", taken, err)
	}
}
