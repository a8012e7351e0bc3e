package shared

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

// Kind is a kind of server. A package that shares servers has one.
type Kind struct {
	// Name is what a person reads: RabbitMQ.
	Name string
	// Package has the function Supervise that the program's main calls.
	Package string
	// Variable is set in the environment of a supervisor, and in no other.
	Variable string

	// called remembers that main calls Supervise: a program that does not would not
	// become a supervisor when it is started as one, but run a second time.
	called atomic.Bool
}

// Server is what a supervisor runs.
type Server interface {
	// Start returns when the server can be used.
	Start(ctx context.Context) error
	// Stop ends it, in its own way, also if it has not started.
	Stop() error
	// Clean removes what nobody needs any more, after Stop. It is not called if the folder
	// was deleted and made anew meanwhile: then what is there is another server's.
	Clean() error
	// Ended receives once, if the server ends without Stop.
	Ended() <-chan error
	// State is what those who share the server are told, as JSON.
	State() any
}

// order tells the supervisor what to do.
type order struct {
	Dir    string          `json:"dir"`
	Linger time.Duration   `json:"linger"`
	Wanted json.RawMessage `json:"wanted"`
}

// Supervise is called first of all in a program. In a supervisor it runs the server
// that create makes of the order, and never returns; otherwise it does nothing.
func (k *Kind) Supervise(create func(order json.RawMessage) (Server, error)) {
	given, ok := os.LookupEnv(k.Variable)
	if !ok {
		k.called.Store(true)
		return
	}
	// The server ends with the thread that starts it, so that must be one that lasts.
	runtime.LockOSThread()
	if err := k.supervise(given, create); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func (k *Kind) mayStart() error {
	if k.called.Load() {
		return nil
	}
	return fmt.Errorf("a private %s needs its supervisor: call %s.Supervise() in the first line of main, or of TestMain in a test",
		k.Name, k.Package)
}

func (k *Kind) supervise(given string, create func(json.RawMessage) (Server, error)) error {
	var o order
	if err := json.Unmarshal([]byte(given), &o); err != nil {
		return fmt.Errorf("read the order in %s: %w", k.Variable, err)
	}
	if err := os.Unsetenv(k.Variable); err != nil {
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
	s, err := create(o.Wanted)
	if err != nil {
		return err
	}
	// Before the lock is released: who comes next finds nothing of this one.
	return errors.Join(serve(ctx, at, s, o.Linger), clean(at, alive, s))
}

func clean(at place, alive *fileLock, s Server) error {
	if !alive.isStill() {
		return nil
	}
	return errors.Join(at.forget(), s.Clean())
}

// soleSupervisor waits a moment, since whoever looks whether one is there holds
// the lock while it looks.
func soleSupervisor(ctx context.Context, at place) (*fileLock, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, time.Second, errors.New("there is another supervisor"))
	defer cancel()
	return waitLock(ctx, at.alive(), exclusive)
}

// serve runs the server until nobody uses it, somebody stops us or it ends.
func serve(ctx context.Context, at place, s Server, linger time.Duration) error {
	if err := s.Start(ctx); err != nil {
		return errors.Join(err, s.Stop())
	}
	if err := at.note(s.State()); err != nil {
		return errors.Join(err, s.Stop())
	}
	users, err := openLock(at.users())
	if err != nil {
		return errors.Join(err, s.Stop())
	}
	// Held until this process ends, so nobody joins a server that stops.
	defer users.release()
	unused := make(chan error, 1)
	go func() { unused <- awaitUnused(at, users, linger) }()
	select {
	case err := <-unused:
		return errors.Join(err, s.Stop())
	case <-ctx.Done():
		return s.Stop()
	case err := <-s.Ended():
		return errors.Join(fmt.Errorf("the server ended by itself: %w", cmp.Or(err, errEnded)), s.Stop())
	}
}
