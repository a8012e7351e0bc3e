package main

import (
	"context"
	"errors"
	"fmt"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/slipway-go/slipway/events/outbox"
)

// fillOutbox writes what n transactions would have emitted.
const fillOutbox = `INSERT INTO kit_outbox (id, type, version, key, traceparent, subject, data, created_at)
SELECT gen_random_uuid(), $2, 1, $3, $4, $5, $6, now() FROM generate_series(1, $1::integer)`

// relayRacer publishes what is in an outbox, and marks it.
func relayRacer(p *part, relay *outbox.Relay, purge func() error, n int) *racer {
	return &racer{
		n: n,
		prepare: func(ctx context.Context, n int) error {
			_, err := p.db.Exec(ctx, fillOutbox, n, captured.Type(), eventKey, traceparent, owner, []byte(body))
			return errors.Join(err, purge())
		},
		do: func(ctx context.Context, _ int) error {
			if err := relay.Pass(ctx); err != nil {
				return err
			}
			depth, err := p.outbox.Depth(ctx)
			if err == nil && depth.Unpublished > 0 {
				err = fmt.Errorf("%d events are left in the outbox", depth.Unpublished)
			}
			return err
		},
	}
}

// purger empties the queue of the kit's consumer.
func purger(url string) (purge, done func() error, err error) {
	conn, err := amqp.Dial(url)
	if err != nil {
		return nil, nil, err
	}
	ch, err := conn.Channel()
	if err != nil {
		return nil, nil, errors.Join(err, conn.Close())
	}
	purge = func() error { _, err := ch.QueuePurge("svc."+string(consumer), false); return err }
	return purge, conn.Close, nil
}
