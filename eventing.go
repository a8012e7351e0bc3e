package slipway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/events"
	"github.com/slipway-go/slipway/events/outbox"
	"github.com/slipway-go/slipway/events/pgbus"
	"github.com/slipway-go/slipway/events/rabbitmq"
	"github.com/slipway-go/slipway/jobs"
	"github.com/slipway-go/slipway/postgres"
)

// eventing carries the events of the modules that a process hosts from their
// outboxes over the bus to their jobs.
type eventing struct {
	bus     events.Bus
	modules []eventful
}

// An eventful module has a schema, and so an outbox and a worker.
type eventful struct {
	name   string
	emits  []string // topics
	wants  events.Subscription
	outbox *outbox.Outbox
	relay  *outbox.Relay
	worker *jobs.Worker
}

// needsBroker names the hosted module whose events would leave the process, or reach
// it, and cannot without a broker; "" for none.
func (t *topology) needsBroker() string {
	if t.role != roleService {
		return ""
	}
	for _, m := range t.modules {
		if t.hosted[m.Name()] && m.hasEvents() {
			return m.Name()
		}
	}
	return ""
}

func (a *App) checkBroker() error {
	if a.settings.broker.URL.Reveal() != "" {
		if _, err := a.rabbitmq(); err != nil {
			return fmt.Errorf("AMQP_URL: %w", err)
		}
		return nil
	}
	name := a.topology.needsBroker()
	if name == "" {
		return nil
	}
	return config.Errors{{
		Variable: "AMQP_URL", Expected: "the address of RabbitMQ, such as amqp://user:password@10.0.0.8:5672/shop",
		Fix: "this process hosts only some of the product's modules, and " + name + " has events that others emit or want; without a broker they travel only inside a process that hosts all",
	}}
}

// subscriptions are those of the whole product, so that any process can see to it
// that no event is lost for a module which has never run yet.
func (a *App) subscriptions() []events.Subscription {
	var all []events.Subscription
	for _, m := range a.topology.modules {
		if s := m.subscription(); len(s.Topics) > 0 {
			all = append(all, s)
		}
	}
	return all
}

func (m Module) hasEvents() bool { return len(m.emits)+len(m.subscribes) > 0 }

func (m Module) subscription() events.Subscription {
	return events.Subscription{Module: m.Name(), Topics: topics(m.subscribes)}
}

func topics(declared []*events.Definition) []string {
	var all []string
	for _, e := range declared {
		all = append(all, e.Topic())
	}
	return all
}

func (a *App) rabbitmq() (*rabbitmq.Bus, error) {
	return rabbitmq.Open(rabbitmq.Config{
		URL: a.settings.broker.URL, Name: a.settings.process.name(), Subscriptions: a.subscriptions(), Logger: a.logger,
	})
}

// prepareEvents makes the outbox and the worker of every hosted module with a
// schema, for its set-up to register jobs in.
func (a *App) prepareEvents(databases map[string]*postgres.DB) error {
	stores := map[string]pgbus.Store{}
	for _, m := range a.hosted() {
		db := databases[m.Name()]
		if db == nil {
			continue
		}
		e := eventful{name: m.Name(), emits: topics(m.emits), wants: m.subscription(), outbox: outbox.New(db), worker: jobs.NewWorker(jobs.Config{
			DB: db, Locks: a.locksOf(db), Subscribes: m.subscribes, Clock: a.overrides.Clock, Observer: a.observer(m.Name()),
			Concurrency: a.settings.process.JobConcurrency, DrainTimeout: a.settings.process.JobDrainTimeout,
		})}
		e.worker.Use(m.aroundJobs...)
		db.Register(a.observer(m.Name()).Metrics)
		if len(e.emits) > 0 {
			e.outbox.Register(a.observer(m.Name()))
		}
		if len(e.emits) == 0 {
			a.closers = append(a.closers, closing(db.OnSignal(events.Emitted, undeclared(a.observer(m.Name()).Logger))))
		}
		stores[m.Name()] = e.outbox
		a.eventing.modules = append(a.eventing.modules, e)
	}
	bus, err := a.openBus(stores)
	if err != nil {
		return err
	}
	a.eventing.bus = bus
	for i, e := range a.eventing.modules {
		db := databases[e.name]
		a.eventing.modules[i].relay = outbox.NewRelay(outbox.RelayConfig{
			Outbox: e.outbox, Bus: bus, Topics: e.emits, Unhold: !inProcess(bus), Locks: a.locksOf(db), Observer: a.observer(e.name),
		})
	}
	return nil
}

// undeclared says that what a module emits goes nowhere: its relay does not run.
func undeclared(logger *slog.Logger) func(context.Context) {
	return func(ctx context.Context) {
		logger.ErrorContext(ctx, "an event stays in the outbox: the module emits what it does not declare; give its NewModule slipway.Emits")
	}
}

func closing(stop func()) func() error { return func() error { stop(); return nil } }

// openBus leaves the broker alone where no hosted module has events.
func (a *App) openBus(stores map[string]pgbus.Store) (events.Bus, error) {
	if a.settings.broker.URL.Reveal() != "" && slices.ContainsFunc(a.hosted(), Module.hasEvents) {
		return a.rabbitmq()
	}
	return pgbus.New(pgbus.Config{Subscriptions: a.subscriptions(), Stores: stores, Logger: a.logger}), nil
}

// inProcess tells a bus that holds what a subscriber cannot take in the outbox.
func inProcess(bus events.Bus) bool {
	_, is := bus.(*pgbus.Bus)
	return is
}

// locksOf returns the locks of this process in a database, one connection for all of
// its schemas.
func (a *App) locksOf(db *postgres.DB) *postgres.Locks {
	address := db.Address()
	if a.locks[address] == nil {
		l := postgres.NewLocks(db)
		a.locks[address] = l
		a.closers = append(a.closers, func() error { l.Close(); return nil })
	}
	return a.locks[address]
}

// Jobs returns the jobs of a hosted module with a schema, for test kits.
func (a *App) Jobs(module string) *jobs.Worker { return a.eventing.worker(module) }

func (e *eventing) worker(module string) *jobs.Worker {
	for _, m := range e.modules {
		if m.name == module {
			return m.worker
		}
	}
	return nil
}

// lastPass bounds the time in which a process that stops publishes what its last
// requests and jobs have emitted. What is left then is published by the next.
const lastPass = 5 * time.Second

// run carries events until ctx is done, and then stops the parts in the order in which
// they give each other work: no more events are taken, jobs in hand are finished, and
// what they have emitted is published. The first failure stops all.
func (e *eventing) run(ctx context.Context) error {
	g, failed := errgroup.WithContext(context.WithoutCancel(ctx))
	stages := []stage{{"take events", e.consume}, {"work on jobs", e.work}, {"publish events", e.relay}, {"keep the bus", e.bus.Run}}
	stop := ctx.Done()
	for _, s := range stages {
		stop = s.start(failed, g, stop)
	}
	return g.Wait()
}

// A stage is a part of the way of an event, which ends after the ones before it.
type stage struct {
	doing string
	run   func(context.Context) error
}

// start runs the stage until stop is closed, or another stage has failed, and returns
// what is closed when the stage has ended. A stage without work waits all the same.
func (s stage) start(failed context.Context, g *errgroup.Group, stop <-chan struct{}) (ended <-chan struct{}) {
	ctx, cancel := context.WithCancel(failed)
	done := make(chan struct{})
	g.Go(func() error {
		defer cancel()
		select {
		case <-stop:
		case <-failed.Done():
		}
		return nil
	})
	g.Go(func() error {
		defer close(done)
		if err := s.run(ctx); err != nil && !errors.Is(err, context.Canceled) {
			return fmt.Errorf("%s: %w", s.doing, err)
		}
		<-ctx.Done()
		return nil
	})
	return done
}

func (e *eventing) consume(ctx context.Context) error {
	return e.each(ctx, func(ctx context.Context, m eventful) error {
		if len(m.wants.Topics) == 0 {
			return nil
		}
		return e.bus.Consume(ctx, m.wants, m.worker.Accept)
	})
}

func (e *eventing) work(ctx context.Context) error {
	return e.each(ctx, func(ctx context.Context, m eventful) error { return m.worker.Run(ctx) })
}

func (e *eventing) relay(ctx context.Context) error {
	err := e.eachEmitting(ctx, func(ctx context.Context, m eventful) error { return m.relay.Run(ctx) })
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastPass)
	defer cancel()
	_ = e.eachEmitting(last, func(ctx context.Context, m eventful) error { return m.relay.Pass(ctx) }) // the next process has the rest
	return err
}

func (e *eventing) eachEmitting(ctx context.Context, f func(context.Context, eventful) error) error {
	return e.each(ctx, func(ctx context.Context, m eventful) error {
		if len(m.emits) == 0 {
			return nil
		}
		return f(ctx, m)
	})
}

// each runs f for every module at once, until ctx is done and all have ended.
func (e *eventing) each(ctx context.Context, f func(context.Context, eventful) error) error {
	g, ctx := errgroup.WithContext(ctx)
	for _, m := range e.modules {
		g.Go(func() error {
			if err := f(ctx, m); err != nil {
				return fmt.Errorf("module %s: %w", m.name, err)
			}
			return nil
		})
	}
	return g.Wait()
}
