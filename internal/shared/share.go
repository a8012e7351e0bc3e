package shared

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// Request says which server is wanted. S is what its supervisor tells about it.
type Request[S any] struct {
	// Dir is where those who share the server find each other.
	Dir string
	// Linger is how long the server that is started stays after its last user has gone,
	// for the next one. Who has started it or joined it so, does not wait for its end.
	Linger time.Duration
	// Order makes what the supervisor is told, as JSON. It is called if there is
	// nothing to join.
	Order func() (any, error)
	// Answers looks whether the server of this state can be used.
	Answers func(ctx context.Context, state S) bool
}

const stopTimeout = 15 * time.Second

// Share is one process's part in a server.
type Share[S any] struct {
	// State is what the supervisor tells.
	State  S
	name   string
	place  place
	linger time.Duration
	lock   *fileLock
	closed sync.Once
	err    error
}

// Join takes a share in the server of the folder, and starts it if it does not run.
func Join[S any](ctx context.Context, k *Kind, r Request[S]) (*Share[S], error) {
	if err := k.mayStart(); err != nil {
		return nil, err
	}
	at, err := newPlace(r.Dir)
	if err != nil {
		return nil, fmt.Errorf("start a private %s: %w", k.Name, err)
	}
	s, err := join(ctx, k, at, r)
	if err != nil {
		return nil, fmt.Errorf("start a private %s in %s: %w", k.Name, at.dir, err)
	}
	return s, nil
}

// join takes turns with others who start. The share is taken first: from then on
// no supervisor stops, and a new one does not find itself without users.
func join[S any](ctx context.Context, k *Kind, at place, r Request[S]) (*Share[S], error) {
	turn, err := waitLock(ctx, at.starting(), exclusive)
	if err != nil {
		return nil, err
	}
	defer turn.release()
	lock, err := waitLock(ctx, at.users(), inCommon)
	if err != nil {
		return nil, err
	}
	s := &Share[S]{name: k.Name, place: at, linger: r.Linger, lock: lock}
	if s.State, err = ensure(ctx, k, at, r); err != nil {
		lock.release()
		return nil, err
	}
	return s, nil
}

// ensure returns the running server's state, starting one if there is none.
func ensure[S any](ctx context.Context, k *Kind, at place, r Request[S]) (none S, err error) {
	var child *supervisor
	for {
		alive, err := isLocked(at.alive(), inCommon)
		switch {
		case err != nil:
			return none, err
		case !alive && child == nil:
			if child, err = launch(k, at, r.Linger, r.Order); err != nil {
				return none, err
			}
		case child.ended():
			return none, child.failure(at)
		}
		if s, ok := readState[S](at); ok && alive && r.Answers(ctx, s) {
			return s, nil
		}
		if err := sleep(ctx, lookInterval); err != nil {
			return none, fmt.Errorf("%w; see %s", err, at.supervisorLog())
		}
	}
}

func readState[S any](at place) (S, bool) {
	var s S
	b, err := os.ReadFile(at.state())
	return s, err == nil && json.Unmarshal(b, &s) == nil
}

// supervisor is one that we started.
type supervisor struct{ exit chan error }

// launch starts this program as a supervisor, cut loose from our terminal, our folder
// and our files.
func launch(k *Kind, at place, linger time.Duration, give func() (any, error)) (*supervisor, error) {
	wanted, err := give()
	if err != nil {
		return nil, err
	}
	inside, err := json.Marshal(wanted)
	if err != nil {
		return nil, err
	}
	order, err := json.Marshal(order{Dir: at.dir, Linger: linger, Wanted: inside})
	if err != nil {
		return nil, err
	}
	if err := at.forget(); err != nil {
		return nil, err
	}
	return k.reexecute(at, string(order))
}

func (k *Kind) reexecute(at place, order string) (*supervisor, error) {
	program, err := ourselves()
	if err != nil {
		return nil, err
	}
	log, err := os.OpenFile(at.supervisorLog(), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	// It outlives our context by design.
	c := exec.Command(program) //nolint:gosec,noctx // our own program
	c.Args = []string{"slipway-" + k.Package + "-supervisor"}
	c.Env = append(os.Environ(), k.Variable+"="+order)
	c.Dir, c.Stdout, c.Stderr = "/", log, log
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := c.Start(); err != nil {
		return nil, fmt.Errorf("start its supervisor: %w", err)
	}
	s := &supervisor{make(chan error, 1)}
	go func() { s.exit <- c.Wait() }()
	return s, nil
}

func (s *supervisor) ended() bool { return s != nil && len(s.exit) > 0 }

func (s *supervisor) failure(at place) error {
	const end = 4 << 10
	told, _ := os.ReadFile(at.supervisorLog()) // if it cannot be read, the rest must do
	told = bytes.TrimSpace(told[max(0, len(told)-end):])
	return fmt.Errorf("its supervisor: %w; it said:\n%s", cmp.Or(<-s.exit, errEnded), told)
}

// errEnded stands for an end without an error.
var errEnded = errors.New("it ended by itself")

// Close gives the share back. The last one waits until the server is down, for a few
// seconds at most, unless the server lingers or is kept.
func (s *Share[S]) Close() error {
	s.closed.Do(func() {
		s.lock.release()
		if s.linger == 0 {
			s.err = s.awaitEnd()
		}
	})
	return s.err
}

// awaitEnd waits for the supervisor unless others still share the server or it is kept.
func (s *Share[S]) awaitEnd() error {
	ctx, cancel := context.WithTimeoutCause(context.Background(), stopTimeout,
		fmt.Errorf("the private %s in %s is still stopping after %s", s.name, s.place.dir, stopTimeout))
	defer cancel()
	for {
		inUse, err := s.place.isShared()
		if inUse || err != nil || time.Now().Before(keptUntil(s.place)) {
			return err
		}
		alive, err := isLocked(s.place.alive(), inCommon)
		if !alive || err != nil {
			return err
		}
		if err := sleep(ctx, lookInterval); err != nil {
			return err
		}
	}
}
