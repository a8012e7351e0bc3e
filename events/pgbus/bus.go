package pgbus

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/events"
	"github.com/slipway-go/slipway/telemetry"
)

// A Store keeps a producer's messages for subscribers that could not take them. The
// producer's outbox is one.
type Store interface {
	// Hold remembers messages for a subscriber. It knows their content already.
	Hold(ctx context.Context, subscriber string, ids []uuid.UUID) error
	// Held returns the first messages that are held, in the order of their emission.
	Held(ctx context.Context, subscriber string, limit int) ([]events.Message, error)
	// Release forgets messages that the subscriber has taken.
	Release(ctx context.Context, subscriber string, ids []uuid.UUID) error
}

// Config says who wants what, and where it is kept.
type Config struct {
	// Subscriptions are those of the whole product.
	Subscriptions []events.Subscription
	// Stores has one for each module of this process that emits, by its name.
	Stores map[string]Store
	// Logger hears when a subscriber cannot take its messages, and when it can again.
	// Default: nobody does.
	Logger *slog.Logger
}

// A Bus is the bus of one process.
type Bus struct {
	subscribers map[string]*subscriber // by module
	lanes       []*lane
}

var _ events.Bus = (*Bus)(nil)

// New returns a bus, which does nothing before Run.
func New(cfg Config) *Bus {
	b := &Bus{subscribers: map[string]*subscriber{}}
	for _, s := range cfg.Subscriptions {
		who := newSubscriber(s)
		b.subscribers[s.Module] = who
		for _, producer := range producers(s) {
			b.lanes = append(b.lanes, newLane(producer, cfg.Stores[producer], who, cmp.Or(cfg.Logger, telemetry.Discard())))
		}
	}
	return b
}

// producers returns the modules whose events are wanted.
func producers(s events.Subscription) []string {
	var modules []string
	for _, topic := range s.Topics {
		modules = append(modules, events.ModuleOf(topic))
	}
	slices.Sort(modules)
	return slices.Compact(modules)
}

// Run brings what is held until ctx is done.
func (b *Bus) Run(ctx context.Context) error {
	var running sync.WaitGroup
	for _, l := range b.lanes {
		if l.store != nil {
			running.Go(func() { l.run(ctx) })
		}
	}
	<-ctx.Done()
	running.Wait()
	return nil
}

// Publish gives each subscriber those of the messages that it wants, and holds
// what it does not take. It fails if something cannot be held.
func (b *Bus) Publish(ctx context.Context, batch []events.Message) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("publish %d messages: %w", len(batch), err)
	}
	failed := make([]error, len(b.lanes))
	var publishing sync.WaitGroup
	for n, l := range b.lanes {
		if wanted := l.wanted(batch); len(wanted) > 0 {
			publishing.Go(func() { failed[n] = l.publish(ctx, wanted) })
		}
	}
	publishing.Wait()
	return errors.Join(failed...)
}

// Consume has accept called with what the module gets, until ctx is done.
func (b *Bus) Consume(ctx context.Context, s events.Subscription, accept events.Accept) error {
	who := b.subscribers[s.Module]
	if who == nil {
		return fmt.Errorf("consume events for %s: it is not among the subscriptions that the bus was given", s.Module)
	}
	if !who.enter(ctx, accept) {
		return nil // it is over before it was our turn
	}
	defer who.leave()
	for _, l := range b.lanes {
		if l.to == who {
			l.wakeUp() // what is held comes at once
		}
	}
	<-ctx.Done()
	return nil
}

// Healthy returns nil: the bus is the process itself, and a database that is away is
// told by whoever needs it.
func (b *Bus) Healthy() error { return nil }
