package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/slipway-go/slipway/events"
	"github.com/slipway-go/slipway/jobs"
	"github.com/slipway-go/slipway/postgres"
)

// measureEvents goes the way of an event, part by part and as a whole.
func measureEvents(ctx context.Context, o options, t *table) (err error) {
	server, err := startStore(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	broker, err := startBroker(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, broker.Close()) }()
	url, err := server.Database(ctx, "kit")
	if err != nil {
		return err
	}
	j := &journey{server: server, postgres: url, rabbitmq: broker.URL(), o: o}
	for _, measure := range []func(context.Context, *table) error{j.relayed, j.accepted, j.endToEnd, j.idle, j.field} {
		if err := measure(ctx, t); err != nil {
			return err
		}
	}
	return nil
}

// A journey is where events go along.
type journey struct {
	server             *store
	postgres, rabbitmq string
	o                  options
}

func (j *journey) rounds() int { return min(j.o.rounds, eventRounds) }

const eventRounds = 7

// relayed compares the relay, which reads an outbox and marks what is published, with
// bare publishing of the same messages.
func (j *journey) relayed(ctx context.Context, t *table) (err error) {
	bare, err := openAMQP(j.rabbitmq, "bench.ceiling")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, bare.close()) }()
	purge, closePurger, err := purger(j.rabbitmq)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, purge(), closePurger()) }()
	kit, done, err := j.relay(ctx, purge)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	ceiling := &racer{
		name: "bare amqp091-go", n: kit.n, do: func(ctx context.Context, n int) error { return bare.publish(ctx, n, batch) },
		prepare: func(context.Context, int) error { return bare.purge() },
	}
	if err := race(ctx, j.rounds(), ceiling, kit); err != nil {
		return err
	}
	t.row("relay: outbox to quorum queue", kit.speed())
	t.atLeast("  beside bare amqp091-go, 64 confirms at once", kit.beside(ceiling), 0.7)
	t.note("(bare %s)", ceiling.speed())
	return nil
}

// relay opens the producer with a filled outbox, and a bus.
func (j *journey) relay(ctx context.Context, purge func() error) (*racer, func() error, error) {
	p, err := openPart(ctx, j.postgres, producer, 4)
	if err != nil {
		return nil, nil, err
	}
	bus, err := openBus(j.rabbitmq)
	if err != nil {
		return nil, nil, err
	}
	runs := inBackground(ctx, bus.Run)
	done := func() error {
		err := runs.stop()
		p.close()
		return err
	}
	if err := poll(ctx, "the bus", func() bool { return bus.Healthy() == nil }); err != nil {
		return nil, nil, errors.Join(err, done())
	}
	return relayRacer(p, p.relay(bus), purge, fieldEvents), done, nil
}

// accepted compares the acceptance of events with the same inserts.
func (j *journey) accepted(ctx context.Context, t *table) error {
	db, err := j.server.open(ctx, "accept", 2)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := makeDeliveries(ctx, db); err != nil {
		return err
	}
	p, err := openPart(ctx, j.postgres, "accepting", 2, captured.Definition)
	if err != nil {
		return err
	}
	defer p.close()
	for _, name := range []string{"close-cart", "receipt"} {
		jobs.On(p, name, captured, jobs.Func[payment](effectless))
	}
	const n = 25 * acceptBatch
	bare := &racer{name: "bare pgx", n: n, do: func(ctx context.Context, n int) error { return bareAccept(ctx, db, n) }}
	kit := &racer{name: "Slipway", n: n, do: func(ctx context.Context, n int) error {
		for range n / acceptBatch {
			if err := p.worker.Accept(ctx, newMessages(acceptBatch)); err != nil {
				return err
			}
		}
		return nil
	}}
	if err := race(ctx, j.rounds(), bare, kit); err != nil {
		return err
	}
	rate, ratio := float64(time.Second)/float64(median(kit.took)), kit.beside(bare)
	t.target("accept: events into two jobs each", kit.speed(), "≥ 5000/s, or 0.70 of bare", rate >= 5000 || round2(ratio) >= 0.7)
	t.ratio("  beside the same inserts in bare pgx", ratio)
	t.note("(bare %s)", bare.speed())
	return nil
}

func effectless(context.Context, jobs.Delivery[payment]) (jobs.Effect, error) { return jobs.Done, nil }

// The load under which the whole way is measured.
const (
	emitsPerSecond = 200
	emitters       = 4
	emitFor        = 8 * time.Second
)

// endToEnd emits events in transactions, and measures the time from each Emit to the
// commit of its effect in another module, over the broker.
func (j *journey) endToEnd(ctx context.Context, t *table) (err error) {
	took := make(chan time.Duration, 1024)
	both, err := j.modules(ctx, func(next jobs.Step) jobs.Step {
		return func(ctx context.Context, a *jobs.Attempt) error {
			err := next(ctx, a)
			if err == nil {
				took <- time.Since(a.Event.Time)
			}
			return err
		}
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, both.close()) }()
	if _, err := both.carry(ctx, took, time.Second); err != nil { // warm up
		return err
	}
	all, err := both.carry(ctx, took, emitFor)
	if err != nil {
		return err
	}
	slices.Sort(all)
	t.note("Emit to committed effect in another module, over RabbitMQ, %d events/s for %s:", emitsPerSecond, emitFor)
	t.within("  p50", all[len(all)/2], 50*time.Millisecond)
	t.within("  p99", all[len(all)*99/100], 250*time.Millisecond)
	t.duration("  slowest", all[len(all)-1])
	return nil
}

// modules are the producer and the consumer, and all that carries events between them.
type modules struct {
	producer, consumer *part
	runs               *background
}

func (j *journey) modules(ctx context.Context, use ...jobs.Middleware) (*modules, error) {
	from, err := openPart(ctx, j.postgres, producer, 8)
	if err != nil {
		return nil, err
	}
	to, err := openPart(ctx, j.postgres, consumer, 8, captured.Definition)
	if err != nil {
		return nil, err
	}
	jobs.On(to, "note", captured, jobs.Func[payment](func(context.Context, jobs.Delivery[payment]) (jobs.Effect, error) { return writeNote(1), nil }))
	to.worker.Use(use...)
	bus, err := openBus(j.rabbitmq)
	if err != nil {
		return nil, err
	}
	m := &modules{producer: from, consumer: to}
	consume := func(ctx context.Context) error { return bus.Consume(ctx, subscription(), to.worker.Accept) }
	m.runs = inBackground(ctx, bus.Run, from.relay(bus).Run, consume, to.worker.Run, from.worker.Run, to.relay(bus).Run)
	if err := poll(ctx, "the bus", func() bool { return bus.Healthy() == nil }); err != nil {
		return nil, errors.Join(err, m.close())
	}
	return m, nil
}

func (m *modules) close() error {
	err := m.runs.stop()
	m.producer.close()
	m.consumer.close()
	return err
}

// carry emits for so long, and returns how long each event took.
func (m *modules) carry(ctx context.Context, took <-chan time.Duration, d time.Duration) ([]time.Duration, error) {
	n := int(d.Seconds() * emitsPerSecond)
	var all []time.Duration
	var group errgroup.Group
	group.Go(func() error {
		for len(all) < n {
			select {
			case one := <-took:
				all = append(all, one)
			case <-time.After(turnLimit):
				return fmt.Errorf("%d of %d events had an effect", len(all), n)
			}
		}
		return nil
	})
	for range emitters {
		group.Go(func() error { return m.emit(ctx, n/emitters) })
	}
	err := group.Wait()
	return all, err
}

// emit emits at an emitter's share of the rate, each event in a transaction with a row.
func (m *modules) emit(ctx context.Context, n int) error {
	data, err := bodyAsPayment()
	if err != nil {
		return err
	}
	tick := time.NewTicker(time.Second * emitters / emitsPerSecond)
	defer tick.Stop()
	for range n {
		<-tick.C
		err := m.producer.db.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error {
			if _, err := tx.Exec(ctx, insertNote, 1); err != nil {
				return err
			}
			return captured.Emit(ctx, tx, eventKey, data)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// The environment of the process that waits for events.
const (
	waitingPostgres = "BENCH_WAITING_POSTGRES"
	waitingRabbitMQ = "BENCH_WAITING_RABBITMQ"
)

// waitingChild has both modules, and nothing to do.
func waitingChild(ctx context.Context, _ io.Writer) (http.Handler, error) {
	j := &journey{postgres: os.Getenv(waitingPostgres), rabbitmq: os.Getenv(waitingRabbitMQ)}
	_, err := j.modules(ctx)
	return http.NotFoundHandler(), err
}

// idle measures what two modules that wait for events take of a processor.
func (j *journey) idle(ctx context.Context, t *table) (err error) {
	c, err := startChild(ctx, "waiting", j.o, waitingPostgres+"="+j.postgres, waitingRabbitMQ+"="+j.rabbitmq)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.stop()) }()
	if err := calm(ctx); err != nil {
		return err
	}
	before, err := c.used()
	if err != nil {
		return err
	}
	const watch = 6 * time.Second
	if err := pause(ctx, watch); err != nil {
		return err
	}
	after, err := c.used()
	if err != nil {
		return err
	}
	share := float64(after-before) / float64(watch)
	t.target("a process with two modules that waits: of one processor", fmt.Sprintf("%.2f %%", 100*share), "≤ 1 %", share <= 0.01)
	return nil
}

// field has everybody publish to a queue of their own, waiting for confirms, and consume
// it again, acknowledging. The kit's part does more: what it publishes comes from an
// outbox, and what it consumes is in a database before it is acknowledged.
func (j *journey) field(ctx context.Context, t *table) (err error) {
	bare, err := bareRival(j.rabbitmq)
	if err != nil {
		return err
	}
	rivals := []*rival{bare}
	defer func() { err = errors.Join(err, closeField(rivals)) }()
	kit, err := j.rival(ctx)
	if err != nil {
		return err
	}
	rivals = append(rivals, kit)
	others, err := openField(ctx, j.rabbitmq, t)
	rivals = append(rivals, others...)
	if err != nil {
		return err
	}
	var racers []*racer
	for _, r := range rivals {
		racers = append(racers, r.publish, r.consume)
	}
	if err := race(ctx, min(j.o.rounds, fieldRounds), racers...); err != nil {
		return err
	}
	t.note("Publishing with confirms; 1.00 is bare amqp091-go with 64 at once, %s:", bare.publish.speed())
	for _, r := range rivals[1:] {
		t.ratio("  "+r.name+", "+r.publish.speed(), r.publish.beside(bare.publish))
	}
	t.note("Consuming with acknowledgements; 1.00 is bare amqp091-go with 64 at once, %s:", bare.consume.speed())
	for _, r := range rivals[1:] {
		t.ratio("  "+r.name+", "+r.consume.speed(), r.consume.beside(bare.consume))
	}
	return nil
}

const (
	fieldRounds = 3
	fieldEvents = 6400
)

// rival is the kit's part in the field.
func (j *journey) rival(ctx context.Context) (*rival, error) {
	publish, done, err := j.relay(ctx, func() error { return nil })
	if err != nil {
		return nil, err
	}
	p, err := openPart(ctx, j.postgres, "filing", 4, captured.Definition)
	if err != nil {
		return nil, errors.Join(err, done())
	}
	jobs.On(p, "note", captured, jobs.Func[payment](effectless))
	bus, err := openBus(j.rabbitmq)
	if err != nil {
		return nil, errors.Join(err, done())
	}
	runs := inBackground(ctx, bus.Run)
	consume := &racer{name: "Slipway", n: publish.n, do: func(ctx context.Context, n int) error { return acceptAll(ctx, bus, p.worker, n) }}
	return &rival{"Slipway, from the outbox and into deliveries", publish, consume, func() error {
		err := errors.Join(done(), runs.stop())
		p.close()
		return err
	}}, nil
}

// acceptAll consumes until n events are accepted.
func acceptAll(ctx context.Context, bus events.Bus, worker *jobs.Worker, n int) error {
	ctx, cancel := context.WithTimeout(ctx, turnLimit)
	defer cancel()
	accepted := 0
	err := bus.Consume(ctx, subscription(), func(ctx context.Context, batch []events.Message) error {
		err := worker.Accept(ctx, batch)
		if err == nil {
			accepted += len(batch)
		}
		if accepted >= n {
			cancel() // this batch is still acknowledged
		}
		return err
	})
	if accepted < n {
		return errors.Join(err, fmt.Errorf("%d of %d events were accepted", accepted, n))
	}
	return nil
}
