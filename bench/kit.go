package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"testing/fstest"
	"time"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/events"
	"github.com/slipway-go/slipway/events/outbox"
	"github.com/slipway-go/slipway/events/rabbitmq"
	"github.com/slipway-go/slipway/jobs"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/telemetry"
)

// The event that everybody carries.
type payment struct {
	Payment    string    `json:"payment"`
	Order      string    `json:"order"`
	Amount     amount    `json:"amount"`
	Method     string    `json:"method"`
	CapturedAt time.Time `json:"captured_at"`
}

type amount struct {
	Value    string `json:"value"`
	Currency string `json:"currency"`
}

type contract string

func (c contract) ModuleName() string { return string(c) }

const producer, consumer contract = "acquiring", "receipts"

var captured = events.Define[payment](producer, "payment.captured", 1, "The money of a payment is ours.")

func newMessages(n int) []events.Message {
	all := make([]events.Message, n)
	for i := range all {
		all[i] = events.Message{
			ID: uuid.Must(uuid.NewV7()), Type: captured.Type(), Version: 1, Key: eventKey, Time: time.Now(),
			Traceparent: traceparent, Subject: owner, Data: []byte(body),
		}
	}
	return all
}

// A part is a module's part of the way of an event, as slipway.Main joins it.
type part struct {
	db     *postgres.DB
	locks  *postgres.Locks
	outbox *outbox.Outbox
	worker *jobs.Worker
}

func (p *part) Jobs() *jobs.Worker { return p.worker }

// The module's own table, for effects.
var ownTables = fstest.MapFS{"00001_note.sql": {Data: []byte("-- +goose Up\n" + createNotes + ";\n" + createTrail + "\n-- +goose Down\nSELECT 1;\n")}}

// openPart opens a module in the database of that address, and makes its tables where
// they are missing.
func openPart(ctx context.Context, url string, module contract, conns int, subscribes ...*events.Definition) (*part, error) {
	db, err := postgres.Open(postgres.Config{URL: config.Secret(url), Schema: string(module), MaxConns: int32(conns)}) //nolint:gosec // a flag of ours, small
	if err != nil {
		return nil, err
	}
	if err := db.Up(ctx, os.DirFS("../migrations"), ownTables); err != nil {
		return nil, fmt.Errorf("migrate %s: %w", module, err)
	}
	p := &part{db: db, locks: postgres.NewLocks(db), outbox: outbox.New(db)}
	p.worker = jobs.NewWorker(jobs.Config{
		DB: db, Locks: p.locks, Subscribes: subscribes, Concurrency: 3 * conns, MaxReady: 1 << 30, Observer: telemetry.Observer{Logger: telemetry.Discard()},
	})
	return p, nil
}

func (p *part) close() {
	p.locks.Close()
	p.db.Close()
}

func (p *part) relay(bus outbox.Bus) *outbox.Relay {
	return outbox.NewRelay(outbox.RelayConfig{Outbox: p.outbox, Bus: bus, Locks: p.locks})
}

// subscription is the consumer's, to the one event.
func subscription() events.Subscription {
	return events.Subscription{Module: string(consumer), Topics: []string{captured.Topic()}}
}

func openBus(url string) (*rabbitmq.Bus, error) {
	return rabbitmq.Open(rabbitmq.Config{URL: config.Secret(url), Subscriptions: []events.Subscription{subscription()}})
}

// background runs what runs until it is told to stop.
type background struct {
	cancel context.CancelFunc
	ended  chan error
	n      int
}

func inBackground(ctx context.Context, runs ...func(context.Context) error) *background {
	ctx, cancel := context.WithCancel(ctx)
	b := &background{cancel, make(chan error, len(runs)), len(runs)}
	for _, run := range runs {
		go func() { b.ended <- run(ctx) }()
	}
	return b
}

func (b *background) stop() (err error) {
	b.cancel()
	for range b.n {
		if e := <-b.ended; !errors.Is(e, context.Canceled) {
			err = errors.Join(err, e)
		}
	}
	return err
}

func bodyAsPayment() (p payment, err error) {
	err = json.Unmarshal([]byte(body), &p)
	return p, err
}
