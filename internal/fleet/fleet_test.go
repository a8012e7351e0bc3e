package fleet_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slipway-go/slipway/internal/fleet"
)

// lockedBuffer takes lines of several processes.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// shell is a process that runs a script; it is ready at once.
func shell(t *testing.T, name, script string) fleet.Process {
	t.Helper()
	ready := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(ready.Close)
	return fleet.Process{Name: name, Path: "/bin/sh", Args: []string{"-c", script}, Env: os.Environ(), Ready: ready.URL}
}

func newFleet(t *testing.T) (*fleet.Fleet, *lockedBuffer, *lockedBuffer) {
	t.Helper()
	stdout, stderr := &lockedBuffer{}, &lockedBuffer{}
	f := fleet.New(fleet.Config{Stdout: stdout, Stderr: stderr, StartTimeout: 20 * time.Second, StopTimeout: 200 * time.Millisecond})
	t.Cleanup(func() { _ = f.Stop() })
	return f, stdout, stderr
}

func TestFleet_Start(t *testing.T) {
	t.Parallel()

	t.Run("says which process ended before it was ready", func(t *testing.T) {
		t.Parallel()
		f, _, stderr := newFleet(t)
		p := shell(t, "cart", "echo the reason >&2; exit 3")
		p.Ready = "http://127.0.0.1:1/"
		err := f.Start(t.Context(), p)
		if got := fmt.Sprint(err); !strings.Contains(got, "process cart ended before it was ready: exit status 3") {
			t.Errorf("Start() = %s", got)
		}
		if got := stderr.String(); got != "[cart] the reason\n" {
			t.Errorf("stderr = %q", got)
		}
	})

	t.Run("says which program is not there", func(t *testing.T) {
		t.Parallel()
		f, _, _ := newFleet(t)
		if err := f.Start(t.Context(), fleet.Process{Name: "cart", Path: "/no/such/program"}); err == nil || !strings.Contains(err.Error(), "start cart") {
			t.Errorf("Start() = %v", err)
		}
	})
}

func TestFleet_Wait(t *testing.T) {
	t.Parallel()
	f, _, _ := newFleet(t)
	if err := f.Start(t.Context(), shell(t, "cart", "sleep 0.2; exit 7"), shell(t, "sso", "exec sleep 60")); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(f.Wait(t.Context())); !strings.Contains(got, "process cart ended by itself: exit status 7") {
		t.Errorf("Wait() = %s", got)
	}
}

func TestFleet_Stop(t *testing.T) {
	t.Parallel()
	f, stdout, _ := newFleet(t)
	if err := f.Start(t.Context(),
		shell(t, "polite", "trap 'echo stopped; exit 0' TERM; echo here; while :; do sleep 0.02; done"),
		shell(t, "stubborn", "trap '' TERM; echo deaf; while :; do sleep 0.02; done")); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); !strings.Contains(stdout.String(), "here") || !strings.Contains(stdout.String(), "deaf"); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("a process says nothing")
		}
	}
	if got := fmt.Sprint(f.Stop()); !strings.Contains(got, "process stubborn did not stop within 200ms and was killed") || strings.Contains(got, "polite") {
		t.Errorf("Stop() = %s", got)
	}
	if got := strings.ReplaceAll(stdout.String(), "deaf\n", ""); got != "here\nstopped\n" {
		t.Errorf("stdout = %q", got)
	}
}

// says waits until the members have said this.
func says(t *testing.T, stdout *lockedBuffer, want string) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); stdout.String() != want; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("stdout = %q, want %q", stdout, want)
		}
	}
}

func TestFleet_Restart(t *testing.T) {
	t.Parallel()

	t.Run("waits for no other member", func(t *testing.T) {
		t.Parallel()
		f, stdout, _ := newFleet(t)
		ready := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
		frozen := shell(t, "frozen", "exec sleep 60")
		frozen.Ready = ready.URL
		if err := f.Start(t.Context(), frozen, shell(t, "cart", "echo here; exec sleep 60")); err != nil {
			t.Fatal(err)
		}
		ready.Close()
		says(t, stdout, "here\n") // before it is killed
		if err := f.Kill("cart"); err != nil {
			t.Fatal(err)
		}
		if err := f.Restart(t.Context(), "cart"); err != nil {
			t.Fatalf("Restart() = %v", err)
		}
		says(t, stdout, "here\nhere\n")
	})

	t.Run("says that there is no such process", func(t *testing.T) {
		t.Parallel()
		f, _, _ := newFleet(t)
		if err := f.Restart(t.Context(), "sso"); err == nil || !strings.Contains(err.Error(), `no process "sso"`) {
			t.Errorf("Restart() = %v", err)
		}
	})
}
