package disk_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/slipway-go/slipway/blob"
	"github.com/slipway-go/slipway/blob/disk"
)

// The variables by which a test tells its child what to do, and where.
const (
	childDoes = "DISK_TEST_CHILD"
	childDir  = "DISK_TEST_DIR"
)

// childWork is what a child can do. It prints what came of it.
var childWork = map[string]func(ctx context.Context, dir string) error{
	"writes its input":   writesItsInput,
	"opens as nobody":    opensAsNobody,
	"fills a small disk": fillsASmallDisk,
	"has a largest file": hasALargestFile,
	"reads only":         readsOnly,
}

func TestMain(m *testing.M) {
	does := os.Getenv(childDoes)
	if does == "" {
		os.Exit(m.Run())
	}
	fmt.Print(childWork[does](context.Background(), os.Getenv(childDir)))
}

// child is this binary as a process that does one thing.
func child(t *testing.T, does, dir string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	c := exec.CommandContext(ctx, os.Args[0])
	c.Env = append(os.Environ(), childDoes+"="+does, childDir+"="+dir)
	return c
}

// result is what a child says of its work.
func result(t *testing.T, c *exec.Cmd) string {
	t.Helper()
	out, err := c.Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		t.Fatalf("the child ended: %v\n%s", err, exit.Stderr)
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func writesItsInput(ctx context.Context, dir string) error {
	store, err := disk.Open(disk.Config{Dir: dir})
	if err != nil {
		return err
	}
	_, err = store.Put(ctx, "a/b", os.Stdin, 1<<30)
	return err
}

// full tells whether a store without room says so, and still has what it had.
func full(ctx context.Context, dir string, limit func() error) error {
	store, err := disk.Open(disk.Config{Dir: dir})
	if err != nil {
		return err
	}
	if _, err := store.Put(ctx, "a", strings.NewReader("there"), 9); err != nil {
		return err
	}
	if err := limit(); err != nil {
		return err
	}
	for _, key := range []string{"a", "b"} {
		if _, err := store.Put(ctx, key, io.LimitReader(zeros{}, 4<<20), 8<<20); !errors.Is(err, blob.ErrFull) {
			return fmt.Errorf("Put() without room = %w, want ErrFull", err)
		}
	}
	if info, err := store.Stat(ctx, "a"); err != nil || info.Size != 5 {
		return fmt.Errorf("what was there is %+v: %w", info, err)
	}
	if _, err := store.Stat(ctx, "b"); !errors.Is(err, blob.ErrNotFound) {
		return fmt.Errorf("there is a part of an object: %w", err)
	}
	left, err := os.ReadDir(dir + "/tmp")
	if len(left) > 0 {
		return fmt.Errorf("%d drafts are left: %w", len(left), err)
	}
	_, err = store.Put(ctx, "c", strings.NewReader("there is room for little"), 99)
	return err
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
}

// isolated lets a child mount what no other process sees.
func isolated() *syscall.SysProcAttr {
	root := []syscall.SysProcIDMap{{ContainerID: 0, HostID: syscall.Getuid(), Size: 1}}
	group := []syscall.SysProcIDMap{{ContainerID: 0, HostID: syscall.Getgid(), Size: 1}}
	return &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS, UidMappings: root, GidMappings: group}
}

func fillsASmallDisk(ctx context.Context, dir string) error {
	if err := syscall.Mount("none", dir, "tmpfs", 0, "size=1m"); err != nil {
		return fmt.Errorf("mount a small disk: %w", err)
	}
	return full(ctx, dir, func() error { return nil })
}

func hasALargestFile(ctx context.Context, dir string) error {
	signal.Ignore(syscall.SIGXFSZ)
	return full(ctx, dir, func() error {
		return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 1 << 20, Max: 1 << 20})
	})
}

func readsOnly(ctx context.Context, dir string) error {
	store, err := disk.Open(disk.Config{Dir: dir})
	if err != nil {
		return err
	}
	if _, err := store.Put(ctx, "a", strings.NewReader("there"), 9); err != nil {
		return err
	}
	for _, flags := range []uintptr{syscall.MS_BIND, syscall.MS_BIND | syscall.MS_REMOUNT | syscall.MS_RDONLY} {
		if err := syscall.Mount(dir, dir, "", flags, ""); err != nil {
			return fmt.Errorf("mount it for reading only: %w", err)
		}
	}
	again, err := disk.Open(disk.Config{Dir: dir})
	if err != nil {
		return err
	}
	if _, err := again.Put(ctx, "a", strings.NewReader("else"), 9); !errors.Is(err, syscall.EROFS) {
		return fmt.Errorf("Put() = %w, want EROFS", err)
	}
	info, err := again.Stat(ctx, "a")
	if err != nil || info.Size != 5 {
		return fmt.Errorf("Stat() = %+v: %w", info, err)
	}
	return nil
}

func opensAsNobody(_ context.Context, dir string) error {
	const nobody = 65534
	if err := errors.Join(syscall.Setgid(nobody), syscall.Setuid(nobody)); err != nil && syscall.Getuid() == 0 {
		return err
	}
	_, err := disk.Open(disk.Config{Dir: dir})
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("permission: %w", err)
	}
	return err
}
