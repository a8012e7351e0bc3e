package main

import (
	"context"
	"errors"
)

func measureEvents(ctx context.Context, o options, t *table) (err error) {
	server, err := startStore(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	if err := measureAccept(ctx, server, o, t); err != nil {
		return err
	}
	broker, err := startBroker(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, broker.Close()) }()
	return measureField(ctx, broker.URL(), o, t)
}

func measureAccept(ctx context.Context, server *store, o options, t *table) error {
	db, err := server.open(ctx, "accept", 2)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := makeDeliveries(ctx, db); err != nil {
		return err
	}
	bare := &racer{name: "bare pgx", n: 25 * acceptBatch, do: func(ctx context.Context, n int) error { return bareAccept(ctx, db, n) }}
	if err := race(ctx, min(o.rounds, eventRounds), bare); err != nil {
		return err
	}
	t.row("bare pgx: events accepted into two jobs each", bare.speed())
	return nil
}

const eventRounds = 7

// measureField has everybody publish to a queue of their own, waiting for confirms, and
// consume it again, acknowledging.
func measureField(ctx context.Context, url string, o options, t *table) (err error) {
	bare, err := openAMQP(url, "bench.bare")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, bare.close()) }()
	const n = 6400
	publish := &racer{name: "bare amqp091-go", n: n, do: func(ctx context.Context, n int) error { return bare.publish(ctx, n, batch) }}
	consume := &racer{name: "bare amqp091-go", n: n, do: func(ctx context.Context, n int) error { return bare.consume(ctx, n, batch) }}
	rivals, err := field(ctx, url, t)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeField(rivals)) }()
	racers := []*racer{publish, consume}
	for _, r := range rivals {
		racers = append(racers, r.publish, r.consume)
	}
	if err := race(ctx, min(o.rounds, fieldRounds), racers...); err != nil {
		return err
	}
	t.row("bare amqp091-go: publish, 64 confirms at once", publish.speed())
	t.row("bare amqp091-go: consume, 64 acknowledged at once", consume.speed())
	for _, r := range rivals {
		t.row(r.publish.name+": publish with confirms", r.publish.speed())
		t.row(r.publish.name+": consume with acknowledgements", r.consume.speed())
	}
	return nil
}

const fieldRounds = 3
