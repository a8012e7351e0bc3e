package slipwaytest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/events"
	"github.com/slipway-go/slipway/events/outbox"
	"github.com/slipway-go/slipway/jobs"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/slipwaytest/internal/calltree"
	"github.com/slipway-go/slipway/telemetry"
)

// A carrier brings what the modules of a world emit and enqueue to its end at once, on
// the goroutine that committed it: in a running process that happens behind. It is the
// bus of the world.
type carrier struct {
	t        testing.TB
	happened *calltree.Recorder
	modules  []*carried
	turn     chan struct{} // holds a token while somebody carries

	mu     sync.Mutex
	spans  map[uuid.UUID]telemetry.SpanContext // of events in the tree
	trail  []string                            // what was carried last, for who asks why it does not end
	failed *FailedJobs                         // nil: a job that fails, fails the test
}

// carried is a module with a schema: it may emit, and have jobs.
type carried struct {
	slipway.Module

	relay  *outbox.Relay
	worker *jobs.Worker
	// emitted and ready say that there is something to carry, and to run.
	emitted, ready atomic.Bool
}

func newCarrier(t testing.TB, w *world, app *slipway.App) *carrier {
	t.Helper()
	c := &carrier{t: t, happened: w.happened, turn: make(chan struct{}, 1), spans: map[uuid.UUID]telemetry.SpanContext{}}
	for _, m := range w.modules {
		db := w.databases[m.Name()]
		if db == nil {
			continue
		}
		one := &carried{Module: m, relay: outbox.NewRelay(outbox.RelayConfig{Outbox: outbox.New(db), Bus: c}), worker: app.Jobs(m.Name())}
		one.worker.Use(c.record)
		if err := one.worker.Plan(calltree.Unseen(t.Context())); err != nil {
			t.Fatalf("plan the schedules of %s: %v", m.Name(), err)
		}
		c.carryOn(db, events.Emitted, &one.emitted)
		c.carryOn(db, jobs.Ready, &one.ready)
		c.modules = append(c.modules, one)
	}
	return c
}

func (c *carrier) carryOn(db *postgres.DB, signal string, seen *atomic.Bool) {
	db.OnSignal(signal, func(ctx context.Context) {
		seen.Store(true)
		c.carry(ctx)
	})
}

// maxRounds bounds how often events may lead to jobs and those to events.
const maxRounds = 20

// carryPatience is for somebody else who carries.
const carryPatience = 30 * time.Second

// carry returns when nothing is left to carry and to run. What is committed by a job,
// or by a neighbour that it calls in its trace, whoever carries already finds in the next
// round.
func (c *carrier) carry(ctx context.Context) {
	if c.happened.IsBehind(telemetry.SpanFrom(ctx)) {
		return
	}
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-time.After(carryPatience):
		c.t.Errorf("a transaction has emitted an event or enqueued a job, and jobs have been at work for %s: does one wait for that transaction? Pass the context of the job to everything that it calls", carryPatience)
		return
	}
	ctx = calltree.Unseen(context.WithoutCancel(ctx)) // jobs outlive the request
	for range maxRounds {
		if !c.round(ctx) {
			return
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t.Errorf("events and jobs lead to each other without end, or over %d times: the last were %s", maxRounds, strings.Join(c.trail, ", "))
}

// round reports whether there was anything to do.
func (c *carrier) round(ctx context.Context) (busy bool) {
	for _, m := range c.modules {
		if m.emitted.Swap(false) {
			busy = true
			if err := m.relay.Pass(ctx); err != nil {
				c.t.Errorf("carry the events of %s: %v", m.Name(), err)
			}
		}
	}
	for _, m := range c.modules {
		if m.ready.Swap(false) {
			busy = true
			if _, err := m.worker.RunDue(ctx); err != nil {
				c.fail(m.Name(), err)
			}
		}
	}
	return busy
}

// failNoMore takes back that jobs may fail.
func (c *carrier) failNoMore() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.failed = nil
}

// fail fails the test, unless it has said that jobs may fail.
func (c *carrier) fail(module string, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.failed != nil {
		c.failed.add(err)
		return
	}
	c.t.Errorf("module %s: %v\nit would be tried again later; a test in which jobs are to fail says k.LetJobsFail()", module, err)
}

var _ outbox.Bus = (*carrier)(nil)

// Publish implements outbox.Bus: each subscriber of the world accepts what it wants. An
// event that does not fit its own description fails the test.
func (c *carrier) Publish(ctx context.Context, batch []events.Message) error {
	for _, m := range batch {
		c.note(m)
		c.check(m)
	}
	for _, m := range c.modules {
		wanted := slices.DeleteFunc(slices.Clone(batch), func(e events.Message) bool { return !m.wants(e.Topic()) })
		if err := c.accept(ctx, m, wanted); err != nil {
			return err
		}
	}
	return nil
}

func (c *carrier) accept(ctx context.Context, m *carried, batch []events.Message) error {
	for part := range slices.Chunk(batch, events.MaxBatch) {
		if err := m.worker.Accept(ctx, part); err != nil {
			return err
		}
		m.ready.Store(true)
	}
	return nil
}

func (m *carried) wants(topic string) bool {
	return slices.ContainsFunc(m.Subscribes(), func(d *events.Definition) bool { return d.Topic() == topic })
}

// check holds an event to what its module declares.
func (c *carrier) check(e events.Message) {
	module, _, _ := strings.Cut(e.Type, ".")
	for _, m := range c.modules {
		if m.Name() != module {
			continue
		}
		i := slices.IndexFunc(m.Emits(), func(d *events.Definition) bool { return d.Topic() == e.Topic() })
		if i < 0 {
			c.t.Errorf("%s has emitted %s without declaring it: give NewModule slipway.Emits(…)", module, e.Topic())
		} else if err := m.Emits()[i].Check(e.Data); err != nil {
			c.t.Errorf("%s has emitted %s with data that its description does not allow: %v\n%s", module, e.Topic(), err, indent(e.Data))
		}
	}
}

// note puts an event into the tree, where it was emitted, and leaves a span for its jobs.
func (c *carrier) note(e events.Message) {
	c.mu.Lock()
	defer c.mu.Unlock()
	const last = 6
	c.trail = append(c.trail, e.Topic())
	c.trail = c.trail[max(0, len(c.trail)-last):]
	in, ok := telemetry.ParseTraceparent(e.Traceparent)
	span := telemetry.NewSpanContext()
	if ok {
		span = in.Child()
	}
	c.spans[e.ID] = span
	c.happened.Start(calltree.Entry{Kind: calltree.Event, In: in, Span: span, Name: e.Topic()}).End(calltree.Outcome{})
}

// record is the middleware that puts jobs into the tree.
func (c *carrier) record(next jobs.Step) jobs.Step {
	return func(ctx context.Context, a *jobs.Attempt) error {
		c.mu.Lock()
		in, ok := c.spans[a.Event.ID]
		c.mu.Unlock()
		if !ok { // enqueued, or of the clock
			in, _ = telemetry.ParseTraceparent(a.Event.Traceparent)
		}
		ref := c.happened.Start(calltree.Entry{Kind: calltree.Job, In: in, Span: telemetry.SpanFrom(ctx), Name: a.Module + " " + a.Job, Attempt: a.Number})
		defer c.happened.Behind(telemetry.SpanFrom(ctx))()
		err := next(calltree.Seen(ctx), a)
		if a.Skipped != "" {
			ref.Note("skipped: " + a.Skipped)
		}
		ref.End(calltree.Outcome{Err: message(err)})
		return err
	}
}

func message(err error) string {
	if err == nil {
		return ""
	}
	first, _, _ := strings.Cut(err.Error(), "\n") // of a panic without its stack
	return first
}

// FailedJobs are the attempts of jobs that have failed since [Kit.LetJobsFail].
type FailedJobs struct {
	mu  sync.Mutex
	all []error
}

// All returns why, in order.
func (f *FailedJobs) All() []error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.all)
}

// add takes the joined errors of several attempts apart.
func (f *FailedJobs) add(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		f.all = append(f.all, joined.Unwrap()...)
		return
	}
	f.all = append(f.all, err)
}

var errNoCarrier = errors.New("in a deployment events and jobs take their own time, in other processes: use slipwaytest.Tx or Commit, or look again until it has happened")
