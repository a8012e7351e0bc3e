package shared_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/slipway-go/slipway/internal/shared"
)

var kind = shared.Kind{Name: "Nothing", Package: "shared_test", Variable: "SLIPWAY_TEST_SHARED_SUPERVISOR"}

func TestMain(m *testing.M) {
	kind.Supervise(func(order json.RawMessage) (shared.Server, error) {
		n := nothing{name: strconv.Itoa(os.Getpid())}
		return n, json.Unmarshal(order, &n.dir)
	})
	os.Exit(m.Run())
}

// nothing is a server that does nothing and has a name, the number of its process. It
// leaves a file behind.
type nothing struct{ name, dir string }

func (nothing) Start(context.Context) error { return nil }
func (nothing) Stop() error                 { return nil }
func (n nothing) Clean() error              { return os.WriteFile(filepath.Join(n.dir, "cleaned"), nil, 0o600) }
func (nothing) Ended() <-chan error         { return nil }
func (n nothing) State() any                { return n.name }

func join(t *testing.T, dir string, linger time.Duration) *shared.Share[string] {
	t.Helper()
	s, err := shared.Join(t.Context(), &kind, shared.Request[string]{
		Dir: dir, Linger: linger,
		Order:   func() (any, error) { return dir, nil },
		Answers: func(context.Context, string) bool { return true },
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func leave(t *testing.T, s *shared.Share[string]) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Errorf("Close() = %v", err)
	}
}

// Others may have made the folder first, and laid out in it what the server believes.
func TestJoin_refuses(t *testing.T) {
	t.Parallel()
	const stranger = 65534
	give := func(t *testing.T, path string) {
		t.Helper()
		if os.Geteuid() != 0 {
			t.Skip("only root can give a folder to somebody else")
		}
		if err := os.Lchown(path, stranger, stranger); err != nil {
			t.Fatal(err)
		}
	}
	for name, prepare := range map[string]func(t *testing.T, dir string) (wants []string){
		"a folder of somebody else, also as root": func(t *testing.T, dir string) []string {
			give(t, dir)
			return []string{dir, "belongs to user ", strconv.Itoa(stranger), "chown"}
		},
		"a folder into which others may write": func(t *testing.T, dir string) []string {
			if err := os.Chmod(dir, 0o777); err != nil { //nolint:gosec // it is the point
				t.Fatal(err)
			}
			return []string{dir, "others may write", "chmod go-w " + dir}
		},
		"a link that somebody else has made to a folder of ours": func(t *testing.T, dir string) []string {
			if err := errors.Join(os.Remove(dir), os.Symlink(t.TempDir(), dir)); err != nil {
				t.Fatal(err)
			}
			give(t, dir)
			return []string{dir, "belongs to user "}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "it")
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			wants := prepare(t, dir)
			_, err := shared.Join(t.Context(), &kind, shared.Request[string]{Dir: dir})
			for _, want := range wants {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("Join() = %v, want in it %q", err, want)
				}
			}
			if left, _ := os.ReadDir(dir); len(left) != 0 {
				t.Errorf("it has left %v in the folder", left)
			}
		})
	}
}

func TestShare_Close(t *testing.T) {
	t.Parallel()

	t.Run("ends the server with the last of them", func(t *testing.T) {
		t.Parallel()
		dir := filepath.Join(t.TempDir(), "it")
		first, second := join(t, dir, 0), join(t, dir, 0)
		if first.State != second.State {
			t.Fatalf("two shares are of %s and of %s, want one server", first.State, second.State)
		}
		leave(t, first)
		third := join(t, dir, 0)
		leave(t, second)
		leave(t, third)
		last := join(t, dir, 0)
		defer leave(t, last)
		if third.State != first.State || last.State == first.State {
			t.Errorf("servers were %s, then %s and %s; want the last to be another one", first.State, third.State, last.State)
		}
	})

	t.Run("touches nothing of a folder that was made anew", func(t *testing.T) {
		t.Parallel()
		dir := filepath.Join(t.TempDir(), "it")
		first := join(t, dir, 0)
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
		second := join(t, dir, 0)
		leave(t, first)
		ends(t, first)
		if _, err := os.Stat(filepath.Join(dir, "server.json")); err != nil {
			t.Errorf("what the second server tells is gone: %v", err)
		}
		leave(t, second)
		if _, err := os.Stat(filepath.Join(dir, "cleaned")); err != nil {
			t.Errorf("the second server did not clean up after itself: %v", err)
		}
	})

	t.Run("leaves a server that lingers to the next for a while", func(t *testing.T) {
		t.Parallel()
		dir := filepath.Join(t.TempDir(), "it")
		first := join(t, dir, 2*time.Second)
		leave(t, first)
		second := join(t, dir, 2*time.Second)
		if second.State != first.State {
			t.Errorf("the next share is of %s, want the server %s that lingers", second.State, first.State)
		}
		leave(t, second)
		ends(t, second)
	})
}

// ends waits for the supervisor, which is another process.
func ends(t *testing.T, s *shared.Share[string]) {
	t.Helper()
	pid, err := strconv.Atoi(s.State)
	if err != nil {
		t.Fatal(err)
	}
	for began := time.Now(); !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH); time.Sleep(10 * time.Millisecond) {
		if time.Since(began) > 20*time.Second {
			t.Fatalf("the supervisor %d lives on", pid)
		}
	}
}
