package outbox

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway/events"
	"github.com/slipway-go/slipway/postgres"
)

// An Outbox is what a module has emitted: the rows in its schema, which the module's
// transactions write. It is safe for concurrent use.
type Outbox struct{ db *postgres.DB }

// New returns the outbox of the module that db belongs to.
func New(db *postgres.DB) *Outbox { return &Outbox{db} }

// Module returns the name of the module that emits.
func (o *Outbox) Module() string { return o.db.Schema() }

// A Depth says how much waits.
type Depth struct {
	// Unpublished counts events that the bus has not taken yet, and those whose topic
	// no running version of the module declares.
	Unpublished int64
	// Oldest is when the first of them was emitted; zero if there is none.
	Oldest time.Time
	// Held counts, for each subscriber that has any, the events that it could not take.
	Held map[string]int64
}

// Depth looks how much waits.
func (o *Outbox) Depth(ctx context.Context) (Depth, error) {
	d := Depth{Held: map[string]int64{}}
	var oldest *time.Time
	err := o.db.QueryRow(ctx, "SELECT count(*), min(created_at) FROM kit_outbox WHERE published_at IS NULL").Scan(&d.Unpublished, &oldest)
	if err != nil {
		return Depth{}, fmt.Errorf("count the unpublished events of %s: %w", o.Module(), err)
	}
	if oldest != nil {
		d.Oldest = *oldest
	}
	rows, err := o.db.Query(ctx, "SELECT subscriber, count(*) FROM kit_outbox_held GROUP BY subscriber")
	if err != nil {
		return Depth{}, fmt.Errorf("count the held events of %s: %w", o.Module(), err)
	}
	var subscriber string
	var n int64
	if _, err := pgx.ForEachRow(rows, []any{&subscriber, &n}, func() error { d.Held[subscriber] = n; return nil }); err != nil {
		return Depth{}, fmt.Errorf("count the held events of %s: %w", o.Module(), err)
	}
	return d, nil
}

const (
	// maxRows and maxBytes bound what is read at once, so that large events do not fill
	// the memory; the row that goes over is the last.
	maxRows  = 500
	maxBytes = 8 << 20
)

// columns are those of an [events.Message], behind the row's number.
const columns = "seq, id, type, version, key, traceparent, subject, data, created_at"

// topic is that of a row, as [events.Topic] spells it.
const topic = "(type || '.v' || version)"

// bounded gives a query of rows, in the order of seq, the bound of maxBytes. It
// measures before it fetches: large values lie outside of their rows.
func bounded(rows string) string {
	return fmt.Sprintf(`SELECT %s FROM (
		SELECT *, sum(octet_length(data)) OVER (ORDER BY seq) - octet_length(data) AS before FROM (%s) AS found
	) AS measured WHERE before < %d ORDER BY seq`, columns, rows, maxBytes)
}

// A page is what was read at once.
type page struct {
	seqs     []int64
	messages []events.Message
	bytes    int
}

// isLast tells that nothing was left out for the sake of the bounds.
func (p page) isLast(limit int) bool { return len(p.seqs) < limit && p.bytes < maxBytes }

// last returns the number of the last row, of which there is one.
func (p page) last() int64 { return p.seqs[len(p.seqs)-1] }

func (o *Outbox) page(ctx context.Context, sql string, args ...any) (page, error) {
	rows, err := o.db.Query(ctx, sql, args...)
	if err != nil {
		return page{}, err
	}
	var p page
	var seq int64
	var m events.Message
	_, err = pgx.ForEachRow(rows, []any{&seq, &m.ID, &m.Type, &m.Version, &m.Key, &m.Traceparent, &m.Subject, &m.Data, &m.Time}, func() error {
		p.seqs, p.messages, p.bytes = append(p.seqs, seq), append(p.messages, m), p.bytes+len(m.Data)
		m.Data = nil // the next row has data of its own
		return nil
	})
	return p, err
}
