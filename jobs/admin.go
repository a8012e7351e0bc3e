package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway/events"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/problem"
)

// An Admin looks at a module's deliveries and mends them, for a command or a console. It
// needs no registered jobs, so any process with the database can have one.
type Admin struct{ db *postgres.DB }

// NewAdmin returns the admin of the module whose database it is.
func NewAdmin(db *postgres.DB) *Admin { return &Admin{db} }

// A Record is a delivery as it is stored.
type Record struct {
	ID          int64
	EventID     uuid.UUID
	Job         string
	Run         int
	State       string // ready, running, done, skipped, dead or discarded
	Claims      int    // how often somebody began it
	Failures    int
	RunAt       time.Time // when it may run; of a dead one, when it died
	Type        string    // of the event; empty where there was none
	Version     int
	Key         string
	Traceparent string // where the event was emitted
	Subject     string // who caused it
	Data        []byte
	EmittedAt   time.Time
	CreatedAt   time.Time
	DoneAt      *time.Time
	Reason      string // why it failed or was skipped
}

const selectRecord = `
SELECT id, event_id, job, run, state, attempt, failures, run_at,
       type, version, key, traceparent, subject, data, emitted_at, created_at, done_at, reason
  FROM kit_delivery`

// Dead returns deliveries that nobody tries any more, the oldest first, from behind the one
// with the number after; 0 begins.
func (a *Admin) Dead(ctx context.Context, after int64, limit int) ([]Record, error) {
	return a.list(ctx, "dead jobs", ` WHERE state = 'dead' AND id > $1 ORDER BY id LIMIT $2`, after, limit)
}

// What was set aside is no job that could fail, and does not wait for a time.
const isWaiting = ` WHERE state = 'ready' AND (failures > 0 OR run_at > now()) AND job NOT LIKE '%.%' ORDER BY run_at, id LIMIT $1`

// Waiting returns deliveries that have failed and will be tried again, or whose time has
// not come, the next one first. It reads all that are ready.
func (a *Admin) Waiting(ctx context.Context, limit int) ([]Record, error) {
	return a.list(ctx, "waiting jobs", isWaiting, limit)
}

// OfEvent returns the deliveries of one event, of all jobs and runs, the oldest first; or a
// problem of the kind not found.
func (a *Admin) OfEvent(ctx context.Context, event uuid.UUID, limit int) ([]Record, error) {
	all, err := a.list(ctx, "jobs of event "+event.String(), ` WHERE event_id = $1 ORDER BY id LIMIT $2`, event, limit)
	if err == nil && len(all) == 0 {
		err = problem.NotFound("%s has no job for the event %s", a.db.Schema(), event)
	}
	return all, err
}

func (a *Admin) list(ctx context.Context, what, where string, args ...any) ([]Record, error) {
	rows, err := a.db.Query(ctx, selectRecord+where, args...)
	if err != nil {
		return nil, fmt.Errorf("list %s of %s: %w", what, a.db.Schema(), err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Record])
	if err != nil {
		return nil, fmt.Errorf("list %s of %s: %w", what, a.db.Schema(), err)
	}
	return all, nil
}

// Find returns one delivery, or a problem of the kind not found.
func (a *Admin) Find(ctx context.Context, id int64) (Record, error) {
	rows, err := a.db.Query(ctx, selectRecord+` WHERE id = $1`, id)
	if err != nil {
		return Record{}, fmt.Errorf("find job %d of %s: %w", id, a.db.Schema(), err)
	}
	r, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Record])
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return Record{}, problem.NotFound("%s has no job %d", a.db.Schema(), id)
	case err != nil:
		return Record{}, fmt.Errorf("find job %d of %s: %w", id, a.db.Schema(), err)
	}
	return r, nil
}

const (
	retry = `
UPDATE kit_delivery SET state = 'ready', failures = 0, run_at = now() WHERE id = ANY ($1) AND state = 'dead'`
	discard = `
UPDATE kit_delivery SET state = 'discarded', done_at = now() WHERE id = ANY ($1) AND state IN ('dead', 'ready')`
	deliverAgain = `
INSERT INTO kit_delivery (event_id, job, run, type, version, key, traceparent, subject, data, emitted_at)
SELECT e.id, $2, coalesce((SELECT max(run) + 1 FROM kit_delivery WHERE event_id = e.id AND job = $2), 0),
       e.type, e.version, e.key, e.traceparent, e.subject, e.data, e.at
  FROM unnest($1::uuid[], $3::text[], $4::int[], $5::text[], $6::text[], $7::text[], $8::bytea[], $9::timestamptz[])
       WITH ORDINALITY AS e (id, type, version, key, traceparent, subject, data, at, n)
 ORDER BY e.n
ON CONFLICT (event_id, job, run) DO NOTHING`
	countAll = `
SELECT job, CASE WHEN state = 'ready' AND job LIKE '%.%' THEN '` + SetAside + `' ELSE state END AS state, count(*), min(emitted_at)
  FROM kit_delivery GROUP BY 1, 2 ORDER BY 1, 2`
)

// Retry has dead deliveries tried again from the start, and returns how many of them
// were dead.
func (a *Admin) Retry(ctx context.Context, ids ...int64) (int, error) {
	return a.change(ctx, "retry", retry, ids)
}

// Discard gives up deliveries that are dead or wait, and returns how many there were.
// They are kept for as long as those that are done.
func (a *Admin) Discard(ctx context.Context, ids ...int64) (int, error) {
	return a.change(ctx, "discard", discard, ids)
}

// Deliver gives events to one job once more, each as a new run: whatever happened
// before, the job takes effect again. It returns how many deliveries that made.
func (a *Admin) Deliver(ctx context.Context, job string, batch []events.Message) (int, error) {
	c := columnsOf(batch)
	return a.change(ctx, "deliver to "+job, deliverAgain,
		c.ids, job, c.types, c.versions, c.keys, c.traces, c.subjects, c.data, c.times)
}

// change runs one statement and wakes the workers of this process.
func (a *Admin) change(ctx context.Context, doing, sql string, args ...any) (n int, err error) {
	err = a.db.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error {
		tag, err := tx.Exec(ctx, sql, args...)
		n = int(tag.RowsAffected())
		tx.Signal(Ready)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("%s, of %s: %w", doing, a.db.Schema(), err)
	}
	return n, nil
}

// SetAside is the state in a [Count] of events for which no process had a job so far. Its
// Job is their topic.
const SetAside = "set aside"

// A Count is how many deliveries of a job are in a state.
type Count struct {
	Job    string
	State  string // that of a Record, or SetAside
	N      int
	Oldest time.Time // of the events that they came from
}

// Counts returns the numbers of deliveries by job and state. It reads the whole table,
// which has those of the last two weeks.
func (a *Admin) Counts(ctx context.Context) ([]Count, error) {
	rows, err := a.db.Query(ctx, countAll)
	if err != nil {
		return nil, fmt.Errorf("count the deliveries of %s: %w", a.db.Schema(), err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Count])
	if err != nil {
		return nil, fmt.Errorf("count the deliveries of %s: %w", a.db.Schema(), err)
	}
	return all, nil
}
