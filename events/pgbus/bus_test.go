package pgbus_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/events"
	"github.com/slipway-go/slipway/events/eventstest"
	"github.com/slipway-go/slipway/events/outbox"
	"github.com/slipway-go/slipway/events/pgbus"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/postgres/postgrestest"
)

func TestMain(m *testing.M) {
	if point := os.Getenv(childVariable); point != "" {
		if err := relayUntil(context.Background(), point); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	postgrestest.Main(m)
}

func TestBus(t *testing.T) {
	t.Parallel()
	eventstest.TestBus(t, start)
}

func TestBus_Publish(t *testing.T) {
	t.Parallel()
	cart := events.Subscription{Module: "cart", Topics: []string{"shop.order.paid.v1"}}

	t.Run("ErrItCannotBeHeld", func(t *testing.T) {
		t.Parallel()
		db := postgrestest.Open(t, os.DirFS("../../migrations"))
		bus := pgbus.New(pgbus.Config{Subscriptions: []events.Subscription{cart}, Stores: map[string]pgbus.Store{"shop": outbox.New(db)}})
		batch := messages(3)
		if err := emit(t.Context(), db, batch); err != nil {
			t.Fatalf("emit: %v", err)
		}
		mustExec(t, db, "ALTER TABLE kit_outbox_held RENAME TO gone")
		if err := bus.Publish(t.Context(), batch); err == nil || !strings.Contains(err.Error(), "for cart") {
			t.Errorf("Publish() = %v, want an error that names the subscriber", err)
		}
		mustExec(t, db, "ALTER TABLE gone RENAME TO kit_outbox_held")
		if err := bus.Publish(t.Context(), batch); err != nil {
			t.Errorf("Publish() = %v once it can be held", err)
		}
		if got := count(t, db, "kit_outbox_held"); got != 3 {
			t.Errorf("%d messages are held, want 3", got)
		}
	})

	t.Run("ErrNoStoreOfTheProducer", func(t *testing.T) {
		t.Parallel()
		bus := pgbus.New(pgbus.Config{Subscriptions: []events.Subscription{cart}})
		if err := bus.Publish(t.Context(), messages(3)); err == nil || !strings.Contains(err.Error(), "no store of shop") {
			t.Errorf("Publish() = %v, want it to miss the store of shop", err)
		}
	})
}

func TestBus_Consume(t *testing.T) {
	t.Parallel()

	t.Run("ErrUnknownSubscriber", func(t *testing.T) {
		t.Parallel()
		err := pgbus.New(pgbus.Config{}).Consume(t.Context(), events.Subscription{Module: "cart"}, nil)
		if err == nil || !strings.Contains(err.Error(), "cart") {
			t.Errorf("Consume() = %v, want an error that names the subscriber", err)
		}
	})

	t.Run("LogsOnceThatASubscriberRefuses", func(t *testing.T) {
		t.Parallel()
		var log bytes.Buffer // read after the end of those who write
		db := postgrestest.Open(t, os.DirFS("../../migrations"))
		cart := events.Subscription{Module: "cart", Topics: []string{"shop.order.paid.v1"}}
		bus := pgbus.New(pgbus.Config{
			Subscriptions: []events.Subscription{cart}, Stores: map[string]pgbus.Store{"shop": outbox.New(db)},
			Logger: slog.New(slog.NewTextHandler(&log, nil)),
		})
		batch := messages(3)
		if err := emit(t.Context(), db, batch); err != nil {
			t.Fatalf("emit: %v", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { _ = bus.Run(ctx) }) // the suite looks at its result
		asked := 0
		running.Go(func() {
			_ = bus.Consume(ctx, cart, func(context.Context, []events.Message) error {
				if asked++; asked < 4 {
					return errors.New("the database is away")
				}
				return nil
			})
		})
		if err := bus.Publish(t.Context(), batch); err != nil {
			t.Errorf("Publish() = %v", err)
		}
		eventually(t, "nothing is held", func() bool { return count(t, db, "kit_outbox_held") == 0 })
		cancel()
		running.Wait()
		if got := strings.Count(log.String(), "the database is away"); got != 1 {
			t.Errorf("the refusals were logged %d times, want once:\n%s", got, log.String())
		}
	})
}

// start gives the producer a schema. Another bus has connections of its own to it.
func start(t *testing.T, subscriptions []events.Subscription) func(t *testing.T) events.Bus {
	t.Helper()
	producer, _, _ := strings.Cut(subscriptions[0].Topics[0], ".")
	migrated := postgrestest.Open(t, os.DirFS("../../migrations"))
	return func(t *testing.T) events.Bus {
		t.Helper()
		db, err := postgres.Open(postgres.Config{URL: config.Secret(postgrestest.URL(t)), Schema: migrated.Schema()})
		if err != nil {
			t.Fatalf("open the producer's database: %v", err)
		}
		t.Cleanup(db.Close)
		return emitting{db, pgbus.New(pgbus.Config{
			Subscriptions: subscriptions, Stores: map[string]pgbus.Store{producer: outbox.New(db)},
		})}
	}
}

// emitting is a bus whose messages are in the outbox before they are published, as
// those of a relay are.
type emitting struct {
	db *postgres.DB
	*pgbus.Bus
}

func (e emitting) Publish(ctx context.Context, batch []events.Message) error {
	if err := emit(ctx, e.db, batch); err != nil {
		return err
	}
	return e.Bus.Publish(ctx, batch)
}

func emit(ctx context.Context, db *postgres.DB, batch []events.Message) error {
	return db.InTx(ctx, func(_ context.Context, tx postgres.Tx) error {
		for _, m := range batch {
			tx.AtCommit(`INSERT INTO kit_outbox (id, type, version, key, traceparent, subject, data, created_at)
				VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING`,
				m.ID, m.Type, m.Version, m.Key, m.Traceparent, m.Subject, m.Data, m.Time)
		}
		return nil
	})
}
