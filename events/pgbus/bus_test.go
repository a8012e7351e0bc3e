package pgbus_test

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/events"
	"github.com/slipway-go/slipway/events/eventstest"
	"github.com/slipway-go/slipway/events/outbox"
	"github.com/slipway-go/slipway/events/pgbus"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/postgres/postgrestest"
)

func TestMain(m *testing.M) { postgrestest.Main(m) }

func TestBus(t *testing.T) {
	t.Parallel()
	eventstest.TestBus(t, start)
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
			tx.AtCommit(`INSERT INTO outbox (id, type, version, key, traceparent, subject, data, created_at)
				VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING`,
				m.ID, m.Type, m.Version, m.Key, m.Traceparent, m.Subject, m.Data, m.Time)
		}
		return nil
	})
}
