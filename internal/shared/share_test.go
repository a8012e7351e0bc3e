package shared_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strconv"
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

func TestShare_Close(t *testing.T) {
	t.Parallel()

	t.Run("ends the server with the last of them", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
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
		dir := t.TempDir()
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
