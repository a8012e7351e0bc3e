package rabbitmq

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
)

// link keeps one connection to the broker, for ever. T is what is made of each
// connection before anybody gets it.
type link[T any] struct {
	cfg  Config
	role string
	// open makes a T, and tells when that is lost.
	open func(ctx context.Context, conn *amqp.Connection) (t T, lost <-chan *amqp.Error, err error)

	mu      sync.Mutex
	changed chan struct{} // closed at the next change
	up      bool
	current T
	err     error // why there is none
}

var errNotRunning = errors.New("the bus does not run")

func newLink[T any](cfg Config, role string, open func(context.Context, *amqp.Connection) (T, <-chan *amqp.Error, error)) *link[T] {
	return &link[T]{cfg: cfg, role: role, open: open, changed: make(chan struct{}), err: errNotRunning}
}

// run connects and connects again until ctx is done. It gives up only on a broker that
// refuses us from the start: then the settings are wrong.
func (l *link[T]) run(ctx context.Context) error {
	defer func() { l.down(errNotRunning) }()
	l.down(errors.New("not connected yet"))
	const lasting, refusals = 10 * time.Second, 3
	wasUp, refused := false, 0
	for attempt := 0; ctx.Err() == nil; attempt++ {
		began := time.Now()
		connected, err := l.once(ctx)
		wasUp = wasUp || connected
		if ctx.Err() != nil {
			return nil
		}
		if refusal(err) && !wasUp {
			// Some refusals cannot be told from a broker that stops.
			if refused++; refused == refusals {
				return fmt.Errorf("%w; look at the user, the password and the virtual host in the URL, and at the user's permissions", err)
			}
		}
		if time.Since(began) > lasting {
			attempt = 0
		}
		l.lose(ctx, err)
		sleep(ctx, pause(attempt))
	}
	return nil
}

// once connects and waits until the connection is lost, which it returns, or ctx is done.
func (l *link[T]) once(ctx context.Context) (connected bool, err error) {
	conn, err := l.cfg.dial(ctx, l.role)
	if err != nil {
		return false, err
	}
	defer end(conn)
	t, lost, err := l.open(ctx, conn)
	if err != nil {
		return true, fmt.Errorf("%w to %s: %w", errUnprepared, l.cfg.broker(), err)
	}
	l.gain(ctx, t)
	select {
	case err := <-lost:
		return true, fmt.Errorf("the connection to %s is lost: %w", l.cfg.broker(), lossOf(err))
	case <-ctx.Done():
		l.down(errNotRunning)
		return true, nil
	}
}

// end closes a connection that may be dead.
func end(conn *amqp.Connection) { _ = conn.CloseDeadline(time.Now().Add(2 * time.Second)) }

// lossOf is what the broker or the network says of the end, if anything.
func lossOf(err *amqp.Error) error {
	if err == nil {
		return errors.New("it was closed")
	}
	return err
}

func (l *link[T]) gain(ctx context.Context, t T) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.current, l.up, l.err = t, true, nil
	l.signal()
	l.cfg.Logger.InfoContext(ctx, "broker connected", slog.String("connection", l.role))
}

// lose logs a failure that is of another kind than the one before, not each attempt.
func (l *link[T]) lose(ctx context.Context, err error) {
	now := failure{err, kindOf(err)}
	before, failed := errors.AsType[failure](l.healthy())
	if !failed || before.kind != now.kind {
		l.cfg.Logger.WarnContext(ctx, "no broker", slog.String("why", now.kind), slog.String("connection", l.role), slog.Any("error", err))
	}
	l.down(now)
}

// failure is why there is no connection; what is of the same kind is logged once.
type failure struct {
	error
	kind string
}

func (f failure) Unwrap() error { return f.error }

const (
	kindAway       = "away"
	kindRefused    = "refused"
	kindUnprepared = "unprepared"
)

func kindOf(err error) string {
	switch {
	case errors.Is(err, errUnprepared):
		return kindUnprepared
	case refusal(err):
		return kindRefused
	}
	return kindAway
}

var errUnprepared = errors.New("prepare the connection")

func (l *link[T]) down(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var none T
	l.current, l.up, l.err = none, false, err
	l.signal()
}

func (l *link[T]) signal() {
	close(l.changed)
	l.changed = make(chan struct{})
}

// get waits for a connection.
func (l *link[T]) get(ctx context.Context) (T, error) {
	for {
		l.mu.Lock()
		t, up, changed, err := l.current, l.up, l.changed, l.err
		l.mu.Unlock()
		if up {
			return t, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			var none T
			return none, fmt.Errorf("%w (%w)", err, context.Cause(ctx))
		}
	}
}

func (l *link[T]) healthy() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}
