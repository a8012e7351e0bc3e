package postgres

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"
)

// orderVariable makes a start of the program a supervisor.
const orderVariable = "SLIPWAY_POSTGRES_SUPERVISOR"

// order tells the supervisor what to do.
type order struct {
	Dir      string `json:"dir"`
	Durable  bool   `json:"durable"`
	Binaries string `json:"binaries"`
}

// called remembers that main calls Supervise: a program that does not would not
// become a supervisor when it is started as one, but run a second time.
var called atomic.Bool

// Supervise is the first line of main, and of TestMain, in a program that uses
// [StartPrivate]. In the supervisor of a private PostgreSQL, which is the program
// started once more, it does that work and never returns; otherwise it does nothing.
func Supervise() {
	given, ok := os.LookupEnv(orderVariable)
	if !ok {
		called.Store(true)
		return
	}
	// The server ends with the thread that starts it, so that must be one that lasts.
	runtime.LockOSThread()
	if err := supervise(given); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func mayStart() error {
	if called.Load() {
		return nil
	}
	return errors.New("a private PostgreSQL needs its supervisor: call postgres.Supervise() in the first line of main, or of TestMain in a test")
}

func supervise(given string) error {
	var o order
	if err := json.Unmarshal([]byte(given), &o); err != nil {
		return fmt.Errorf("read the order in %s: %w", orderVariable, err)
	}
	if err := os.Unsetenv(orderVariable); err != nil {
		return err
	}
	signal.Ignore(syscall.SIGHUP, syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	at := place{o.Dir}
	alive, err := soleSupervisor(ctx, at)
	if err != nil {
		return err
	}
	defer alive.release()
	return o.serve(ctx, at, alive)
}

// soleSupervisor waits a moment, since whoever looks whether one is there holds
// the lock while it looks.
func soleSupervisor(ctx context.Context, at place) (*fileLock, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, time.Second, errors.New("there is another supervisor"))
	defer cancel()
	return waitLock(ctx, at.alive(), exclusive)
}

// serve runs the server until nobody uses it, somebody stops us or it ends.
func (o order) serve(ctx context.Context, at place, alive *fileLock) error {
	s, err := newServer(o, at)
	if err != nil {
		return err
	}
	// Runs before the lock is released: who comes next finds nothing of this one.
	defer s.clean(alive)
	if err := s.start(ctx); err != nil {
		return err
	}
	if err := s.state().write(at); err != nil {
		return errors.Join(err, s.stop())
	}
	unused := make(chan error, 1)
	users, err := openLock(at.users())
	if err != nil {
		return errors.Join(err, s.stop())
	}
	// Held until this process ends, so nobody joins a server that stops.
	defer users.release()
	go func() { unused <- awaitUnused(at, users) }()
	select {
	case err := <-unused:
		return errors.Join(err, s.stop())
	case <-ctx.Done():
		return s.stop()
	case err := <-s.exit:
		return fmt.Errorf("the server ended by itself: %w; it said:\n%s", cmp.Or(err, errEnded), s.lastWords())
	}
}

// awaitUnused returns when nobody uses the server and nobody has asked to keep it any
// longer, with the lock in hand. While it is kept others may join.
func awaitUnused(at place, users *fileLock) error {
	for {
		if err := users.block(exclusive); err != nil {
			return err
		}
		left := time.Until(keptUntil(at))
		if left <= 0 {
			return nil
		}
		if err := users.unlock(); err != nil {
			return err
		}
		time.Sleep(min(left, keepInterval))
	}
}
