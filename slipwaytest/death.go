package slipwaytest

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/slipway-go/slipway/internal/failpoint"
)

// deathsVariable names the folder in which a test says where its processes are to
// die: the file of a process holds the point.
const deathsVariable = "SLIPWAY_TEST_DEATHS"

// deaths are those of the processes of a deployment.
type deaths struct {
	folder    string
	oneBinary bool
}

// file is that of the process that hosts a module, under the name that the process
// knows of itself; see [slipway.StartServices].
func (d deaths) file(module string) string {
	name := processName
	_, n, replica := strings.Cut(module, "-")
	switch {
	case !d.oneBinary:
		name += "-" + module
	case replica:
		name += "-all-" + n
	}
	return filepath.Join(d.folder, name)
}

// deathWait is how long a process may take to come to the point at which it dies.
const deathWait = 30 * time.Second

// Kill ends the process that hosts a module as a crash would. Of several processes of
// a module (see [Deployment]) this is the first; Kill("cart-2") names another, here and
// in the methods below.
func (k *Kit) Kill(module string) {
	k.t.Helper()
	if err := k.processes("Kill", module).Kill(module); err != nil {
		k.t.Fatal(err)
	}
}

// KillAt lets the process that hosts a module die, as of kill -9, when its work comes
// to a point: "relay.published", or "relay.published#3" for the third time from now.
// [Kit.AwaitDeath] waits for it. The points are steps of the way of an event and of
// its jobs, which docs/guides/testing.md lists under "Faults".
func (k *Kit) KillAt(module, point string) {
	k.t.Helper()
	k.processes("KillAt", module)
	if _, err := failpoint.Armed(k.t.Context(), point); err != nil {
		k.t.Fatal(err)
	}
	file := k.deaths.file(module)
	if err := os.WriteFile(file+".new", []byte(point), 0o600); err != nil {
		k.t.Fatal(err)
	}
	if err := os.Rename(file+".new", file); err != nil { // whole or not at all
		k.t.Fatal(err)
	}
}

// AwaitDeath waits until the process that hosts a module has ended.
func (k *Kit) AwaitDeath(module string) {
	k.t.Helper()
	ctx, cancel := context.WithTimeout(k.t.Context(), deathWait)
	defer cancel()
	if err := k.processes("AwaitDeath", module).Await(ctx, module); err != nil {
		point, _ := os.ReadFile(k.deaths.file(module)) // for the message alone
		k.t.Fatalf("%v; the point at which it is to die: %q", err, point)
	}
	k.live(module)
}

// live takes back what KillAt has said.
func (k *Kit) live(module string) {
	k.t.Helper()
	if err := os.Remove(k.deaths.file(module)); err != nil && !os.IsNotExist(err) {
		k.t.Fatal(err)
	}
}

// Restart starts the process that hosts a module again.
func (k *Kit) Restart(module string) {
	k.t.Helper()
	s := k.processes("Restart", module)
	k.live(module)
	if err := s.Restart(context.WithoutCancel(k.t.Context()), module); err != nil {
		k.t.Fatal(err)
	}
}

// Terminate ends the process that hosts a module in order, as a deployment would, and
// waits until it has ended.
func (k *Kit) Terminate(module string) {
	k.t.Helper()
	if err := k.processes("Terminate", module).Terminate(module); err != nil {
		k.t.Fatal(err)
	}
}

// Pause stops the process that hosts a module where it is, as a machine that hangs
// would: its connections stay open, and it answers nothing until [Kit.Resume].
func (k *Kit) Pause(module string) {
	k.t.Helper()
	s := k.processes("Pause", module)
	if err := s.Pause(module); err != nil {
		k.t.Fatal(err)
	}
	k.t.Cleanup(func() { _ = s.Resume(module) }) // or it would not hear that the test is over
}

// Resume ends a Pause.
func (k *Kit) Resume(module string) {
	k.t.Helper()
	if err := k.processes("Resume", module).Resume(module); err != nil {
		k.t.Fatal(err)
	}
}

// mortal returns a context in which this process dies where the test says; see
// [Kit.KillAt].
func mortal(ctx context.Context, folder string) context.Context {
	if folder == "" {
		return ctx
	}
	file := filepath.Join(folder, os.Getenv("SLIPWAY_NAME"))
	d := &doom{ctx: ctx}
	return failpoint.With(ctx, func(point string) {
		if text, err := os.ReadFile(file); err == nil { //nolint:gosec // the test that started this process names the folder
			failpoint.Hit(d.of(string(text)), point)
		}
	})
}

// A doom is the point at which a process dies. It counts the hits since it was named.
type doom struct {
	mu   sync.Mutex
	text string
	ctx  context.Context //nolint:containedctx // it holds the point, and lives as long as the process
}

// of returns the context that is armed with the point.
func (d *doom) of(text string) context.Context {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.text == text {
		return d.ctx
	}
	if armed, err := failpoint.Armed(context.Background(), text); err == nil { // KillAt has checked it
		d.text, d.ctx = text, armed
	}
	return d.ctx
}
