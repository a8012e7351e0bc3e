package outbox_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/slipway-go/slipway/events"
	"github.com/slipway-go/slipway/events/outbox"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/telemetry"
	"github.com/slipway-go/slipway/telemetry/metricstest"
)

func TestMetrics(t *testing.T) {
	t.Parallel()

	t.Run("AreMissingWhileTheDatabaseIsAway", func(t *testing.T) {
		t.Parallel()
		db, r := reopen(t, open(t)), prometheus.NewRegistry()
		outbox.New(db).Register(telemetry.Observer{Metrics: r})
		db.Close()
		metricstest.Want(t, r, `slipway_sample_up{sample="outbox"} 0`)
		if got := metricstest.Series(t, r, "slipway_outbox_unpublished"); len(got) > 0 {
			t.Errorf("got %q from a database that is not there", got)
		}
	})

	t.Run("TellWhatWaitsAndForHowLong", func(t *testing.T) {
		t.Parallel()
		db, r := open(t), prometheus.NewRegistry()
		o := outbox.New(db)
		o.Register(telemetry.Observer{Metrics: r})
		emit(t, db, paid, 0, 3)
		if _, err := db.Exec(t.Context(), "UPDATE kit_outbox SET created_at = now() - interval '1 minute' WHERE seq = (SELECT min(seq) FROM kit_outbox)"); err != nil {
			t.Fatal(err)
		}
		var id uuid.UUID
		if err := db.QueryRow(t.Context(), "SELECT id FROM kit_outbox LIMIT 1").Scan(&id); err != nil {
			t.Fatal(err)
		}
		if err := o.Hold(t.Context(), "cart", []uuid.UUID{id}); err != nil {
			t.Fatal(err)
		}
		metricstest.Want(t, r, "slipway_outbox_unpublished{} 3")
		metricstest.Want(t, r, `slipway_outbox_held{subscriber="cart"} 1`)
		if lag := strings.Join(metricstest.Series(t, r, "slipway_outbox_lag_seconds"), ""); !strings.HasPrefix(lag, "slipway_outbox_lag_seconds{} 6") {
			t.Errorf("%q: the oldest has waited for a minute", lag)
		}
	})

	t.Run("DoNotCountWhatIsPublishedOnceMore", func(t *testing.T) {
		t.Parallel()
		db, r := open(t), prometheus.NewRegistry()
		relay := outbox.NewRelay(outbox.RelayConfig{Outbox: outbox.New(db), Bus: breaks{db}, Observer: telemetry.Observer{Metrics: r}})
		emit(t, db, paid, 0, 3)
		if err := relay.Pass(t.Context()); err == nil {
			t.Fatal("the pass went well, although nothing could be marked")
		}
		metricstest.Want(t, r, "slipway_outbox_published_total{} 0")
	})

	t.Run("CountWhatIsPublished", func(t *testing.T) {
		t.Parallel()
		db, r := open(t), prometheus.NewRegistry()
		relay := outbox.NewRelay(outbox.RelayConfig{Outbox: outbox.New(db), Bus: takes{}, Observer: telemetry.Observer{Metrics: r}})
		emit(t, db, paid, 0, 3)
		if err := relay.Pass(t.Context()); err != nil {
			t.Fatal(err)
		}
		metricstest.Want(t, r, "slipway_outbox_published_total{} 3")
	})
}

// breaks is a bus that takes everything, and spoils the table, so that nothing can be marked.
type breaks struct{ db *postgres.DB }

func (b breaks) Publish(ctx context.Context, _ []events.Message) error {
	_, err := b.db.Exec(ctx, "ALTER TABLE kit_outbox RENAME published_at TO gone")
	return err
}

// takes is a bus that takes everything.
type takes struct{}

func (takes) Publish(context.Context, []events.Message) error { return nil }
