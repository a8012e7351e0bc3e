package pgbus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/events"
	"github.com/slipway-go/slipway/internal/failpoint"
)

const (
	// patience is what a publisher has for a subscriber before it goes on.
	patience = time.Second
	// interval is the pause between two looks for what another process holds.
	interval = 2 * time.Second
	// busyPause is given to a subscriber that has enough to do.
	busyPause = 500 * time.Millisecond
	// firstPause doubles with each refusal, up to lastPause.
	firstPause = 100 * time.Millisecond
	lastPause  = 5 * time.Second
	// releaseTimeout bounds what is still done after the end of the context.
	releaseTimeout = 5 * time.Second
	// heldRows is how much of what is held is read at once.
	heldRows = 5 * events.MaxBatch
)

// A lane leads from one producer to one subscriber. It is closed at first, since an
// earlier process may have held something. While it is closed everything is held, and
// so comes in its order; it opens when nothing is left.
type lane struct {
	from   string
	store  Store // nil: the producer is not in this process
	to     *subscriber
	logger *slog.Logger
	wake   chan struct{}

	mu   sync.Mutex // also held while rows are held, so that none is overlooked
	open bool

	failing bool // run's alone
}

func newLane(from string, store Store, to *subscriber, logger *slog.Logger) *lane {
	return &lane{from: from, store: store, to: to, logger: logger, wake: make(chan struct{}, 1)}
}

// wanted returns the messages that go this way.
func (l *lane) wanted(batch []events.Message) []events.Message {
	var wanted []events.Message
	for _, m := range batch {
		if m.Module() == l.from && l.to.topics[m.Topic()] {
			wanted = append(wanted, m)
		}
	}
	return wanted
}

// publish gives the messages to the subscriber, and holds those that it does not take.
func (l *lane) publish(ctx context.Context, batch []events.Message) error {
	if l.isOpen() {
		batch = l.deliver(ctx, batch)
	}
	if len(batch) == 0 {
		return nil
	}
	if l.store == nil {
		return fmt.Errorf("publish %d messages of %s for %s: the bus was given no store of %s", len(batch), l.from, l.to.module, l.from)
	}
	return l.hold(ctx, batch)
}

func (l *lane) isOpen() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.open
}

// deliver returns the messages that are left. The subscriber's answer is nothing to
// tell yet: what it says to the same messages a little later is.
func (l *lane) deliver(ctx context.Context, batch []events.Message) (left []events.Message) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for len(batch) > 0 {
		n := min(len(batch), events.MaxBatch)
		if err := l.to.give(ctx, batch[:n]); err != nil {
			return batch
		}
		failpoint.Hit(ctx, "pgbus.accepted")
		batch = batch[n:]
	}
	return nil
}

func (l *lane) hold(ctx context.Context, batch []events.Message) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer l.wakeUp()
	l.open = false
	failpoint.Hit(ctx, "pgbus.holding")
	if err := l.store.Hold(ctx, l.to.module, ids(batch)); err != nil {
		return err
	}
	failpoint.Hit(ctx, "pgbus.held")
	return nil
}

func (l *lane) wakeUp() {
	select {
	case l.wake <- struct{}{}:
	default: // it is awake already
	}
}

// run brings what is held for as long as there is something.
func (l *lane) run(ctx context.Context) {
	failures := 0
	for {
		err := l.drain(ctx)
		l.tell(ctx, err)
		wake, pause := l.wake, interval
		switch {
		case errors.Is(err, events.ErrBusy):
			wake, pause = nil, busyPause
		case err != nil:
			wake, pause = nil, min(firstPause<<min(failures, 10), lastPause)
			failures++
		default:
			failures = 0
		}
		select {
		case <-wake:
		case <-time.After(pause/2 + rand.N(pause)): //nolint:gosec // jitter is no secret
		case <-ctx.Done():
			return
		}
	}
}

// drain brings what is held until nothing is left, which opens the lane.
func (l *lane) drain(ctx context.Context) error {
	for l.to.consumes() {
		held, err := l.look(ctx)
		if err != nil || len(held) == 0 {
			return err
		}
		for batch := range slices.Chunk(held, events.MaxBatch) {
			err := l.bring(ctx, batch)
			if errors.Is(err, errAway) {
				return nil // the next consumer wakes the lane
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func (l *lane) look(ctx context.Context) ([]events.Message, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	held, err := l.store.Held(ctx, l.to.module, heldRows)
	l.open = err == nil && len(held) == 0
	return held, err
}

func (l *lane) bring(ctx context.Context, batch []events.Message) error {
	if err := l.to.give(ctx, batch); err != nil {
		return err
	}
	failpoint.Hit(ctx, "pgbus.accepted")
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseTimeout)
	defer cancel()
	if err := l.store.Release(ctx, l.to.module, ids(batch)); err != nil {
		return err
	}
	failpoint.Hit(ctx, "pgbus.released")
	return nil
}

// tell logs a change and not each failure. Being busy is none.
func (l *lane) tell(ctx context.Context, err error) {
	if ctx.Err() != nil || errors.Is(err, events.ErrBusy) || (err != nil) == l.failing {
		return
	}
	l.failing = err != nil
	if l.failing {
		l.logger.WarnContext(ctx, "events wait for a subscriber", "module", l.to.module, "producer", l.from, "error", err)
	} else {
		l.logger.InfoContext(ctx, "the subscriber takes its events again", "module", l.to.module, "producer", l.from)
	}
}

func ids(batch []events.Message) []uuid.UUID {
	all := make([]uuid.UUID, len(batch))
	for n, m := range batch {
		all[n] = m.ID
	}
	return all
}
