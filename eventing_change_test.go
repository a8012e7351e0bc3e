package slipway_test

import (
	"slices"
	"testing"

	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/events/rabbitmq/rabbitmqtest"
	"github.com/slipway-go/slipway/postgres"
)

// What another version of a product, or one with other settings, left in its outboxes.

const leave = `INSERT INTO kit_outbox (id, type, version, key, traceparent, subject, data, created_at, published_at)
	VALUES (gen_random_uuid(), $1, 1, '', '', '', '{"title":"left","code":""}', now(), CASE WHEN $2 THEN now() END)`

func TestEvents_ofAnotherVersion(t *testing.T) {
	t.Parallel()
	b := newBookTrade(t, nil)
	b.migrate()
	press, library := b.schema("press"), b.schema("library")
	b.exec(press, leave, "press.book.burnt", false)
	b.exec(library, leave, "library.book.lent", false) // a library that emits nothing
	stop := b.serve()
	b.print("one")
	b.until("it is on the shelf", func() bool { return b.count("shelve", "done") == 1 })
	stop()
	for _, box := range ask[eventsAnswer](b, "events").Outboxes {
		if box.Unpublished != 1 {
			t.Errorf("%d events of %s are unpublished, want the one that this version does not know", box.Unpublished, box.Module)
		}
	}
}

func TestEvents_afterTheMoveToABroker(t *testing.T) {
	t.Parallel()
	b := newBookTrade(t, map[string]string{"AMQP_URL": rabbitmqtest.URL(t)})
	b.migrate()
	press := b.schema("press")
	b.exec(press, leave, "press.book.printed", true)
	b.exec(press, "INSERT INTO kit_outbox_held (subscriber, seq) SELECT 'library', seq FROM kit_outbox")
	b.serve()
	b.until("what was held is on the shelf", func() bool { return b.count("shelve", "done") == 1 })
	b.until("nothing is left", func() bool {
		return !slices.ContainsFunc(ask[eventsAnswer](b, "events").Outboxes, func(box outboxAnswer) bool { return box.Unpublished > 0 || len(box.Held) > 0 })
	})
}

// schema opens the database of a module as another process has it.
func (b *bookTrade) schema(module string) *postgres.DB {
	b.t.Helper()
	db, err := postgres.Open(postgres.Config{URL: config.Secret(lookup(b, "DATABASE_URL")), Schema: module})
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(db.Close)
	return db
}

func (b *bookTrade) exec(db *postgres.DB, sql string, args ...any) {
	b.t.Helper()
	if _, err := db.Exec(b.t.Context(), sql, args...); err != nil {
		b.t.Fatal(err)
	}
}
