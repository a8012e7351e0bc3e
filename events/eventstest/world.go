package eventstest

import (
	"context"
	"crypto/rand"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/events"
)

// patience is how long a test waits for what must happen.
const patience = 30 * time.Second

// A Start begins a broker of the test's own, on which the modules have subscribed to
// what they want. The function that it returns opens another bus on that broker, as
// another process has one, or the same process after a restart.
type Start func(t *testing.T, subscriptions []events.Subscription) (open func(t *testing.T) events.Bus)

// A world is one test's broker, its producer, and its subscribers.
type world struct {
	t     *testing.T
	open  func(t *testing.T) events.Bus
	paid  string // a type of event
	sent  string // another
	first events.Subscription
	other events.Subscription
}

// newWorld has one producer and two modules. The first wants both types of event,
// the other only those that something was sent.
func newWorld(t *testing.T, start Start) *world {
	t.Helper()
	run := strings.ToLower(rand.Text())
	w := &world{t: t, paid: "shop_" + run + ".order.paid", sent: "shop_" + run + ".order.sent"}
	w.first = events.Subscription{Module: "first_" + run, Topics: []string{events.Topic(w.paid, 1), events.Topic(w.sent, 1)}}
	w.other = events.Subscription{Module: "other_" + run, Topics: []string{events.Topic(w.sent, 1)}}
	w.open = start(t, []events.Subscription{w.first, w.other})
	return w
}

// running opens a bus and runs it until the test ends, or the returned function is called.
func (w *world) running() (bus events.Bus, stop func()) {
	w.t.Helper()
	bus = w.open(w.t)
	stop = w.background("Run()", bus.Run)
	w.eventually("the bus is healthy", func() bool { return bus.Healthy() == nil })
	return bus, stop
}

// consume has accept called with what a module gets.
func (w *world) consume(bus events.Bus, s events.Subscription, accept events.Accept) (stop func()) {
	return w.background("Consume("+s.Module+")", func(ctx context.Context) error { return bus.Consume(ctx, s, accept) })
}

// background runs f until the test ends, or the returned function is called, which
// waits for the end. It must end without an error.
func (w *world) background(name string, f func(context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- f(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-ended:
			if err != nil {
				w.t.Errorf("%s = %v, want nil after the end of its context", name, err)
			}
		case <-time.After(patience):
			w.t.Errorf("%s did not return within %s of the end of its context", name, patience)
		}
	})
	w.t.Cleanup(stop)
	return stop
}

func (w *world) publish(bus events.Bus, batch ...events.Message) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	if err := bus.Publish(ctx, batch); err != nil {
		w.t.Fatalf("Publish(%d messages) = %v", len(batch), err)
	}
}

// eventually waits for what other goroutines and processes bring about.
func (w *world) eventually(what string, is func() bool) {
	w.t.Helper()
	for deadline := time.Now().Add(patience); !is(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			w.t.Fatalf("not within %s: %s", patience, what)
		}
	}
}

// gets waits until a subscriber has all of these.
func (w *world) gets(who *subscriber, want []events.Message) {
	w.t.Helper()
	w.eventually("the subscriber has all messages", func() bool { return hasAll(who.ids(), ids(want)) })
}

// A subscriber remembers what it accepted.
type subscriber struct {
	mu       sync.Mutex
	accepted []events.Message
}

func (s *subscriber) accept(_ context.Context, batch []events.Message) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.accepted = append(s.accepted, batch...)
	return nil
}

func (s *subscriber) messages() []events.Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]events.Message(nil), s.accepted...)
}

func (s *subscriber) ids() []uuid.UUID { return ids(s.messages()) }

// refusing answers the first n batches with an error, and tells how many it has answered.
func (s *subscriber) refusing(n int, refusal error) (accept events.Accept, refused func() [][]events.Message) {
	var mu sync.Mutex
	var all [][]events.Message
	accept = func(ctx context.Context, batch []events.Message) error {
		mu.Lock()
		defer mu.Unlock()
		if len(all) < n {
			all = append(all, append([]events.Message(nil), batch...))
			return refusal
		}
		return s.accept(ctx, batch)
	}
	refused = func() [][]events.Message {
		mu.Lock()
		defer mu.Unlock()
		return append([][]events.Message(nil), all...)
	}
	return accept, refused
}
