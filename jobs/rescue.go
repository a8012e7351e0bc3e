package jobs

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway/telemetry"
)

// liveInterval is how often a worker makes sure of its lock, and looks for deliveries
// whose worker has lost its own, and for events that were set aside.
const liveInterval = time.Second

// live holds the lock by which others see that this process lives, until ctx is done.
// Without it nothing is claimed.
func (w *Worker) live(ctx context.Context) {
	told := false
	for {
		held, err := w.cfg.Locks.TryLock(ctx, w.id)
		if !w.alive.Swap(held) && held {
			w.wake()
		}
		if held {
			err = errors.Join(w.rescue(ctx), w.adopt(ctx))
		}
		if err != nil && !told && ctx.Err() == nil {
			w.cfg.Logger.WarnContext(ctx, "this process cannot show that it lives, or see who does; jobs may wait", "error", err)
		}
		told = err != nil
		if !sleep(ctx, liveInterval) {
			return
		}
	}
}

// rescue takes deliveries from workers that are dead, which have lost their lock, or
// late. That counts as a failure: what ends a process each time ends as dead itself.
// The first time it runs again at once.
//
// A job that this process does not know is none of its business to bury.
const rescue = `
WITH alive AS MATERIALIZED (
       SELECT (classid::bigint << 32) | objid::bigint AS worker FROM pg_locks
        WHERE locktype = 'advisory' AND objsubid = 1 AND granted
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database())),
     lost AS MATERIALIZED (
       SELECT id, worker IN (SELECT worker FROM alive) AS late FROM delivery
        WHERE state = 'running' AND (lease_until < now() OR worker <> $3 AND worker NOT IN (SELECT worker FROM alive))
          FOR UPDATE SKIP LOCKED)
UPDATE delivery AS d
   SET failures = d.failures + 1, worker = NULL, lease_until = NULL,
       state = CASE WHEN d.failures + 1 >= ($2::int[])[array_position($1::text[], d.job)] THEN 'dead' ELSE 'ready' END,
       run_at = now() + CASE WHEN d.failures = 0 THEN interval '0'
                        ELSE make_interval(secs => least(2.0 ^ least(d.failures, 12), 3600)) END,
       reason = CASE WHEN late THEN 'it was not ended in time, and its process lives'
                ELSE 'its process ended in the middle of it' END
  FROM lost WHERE d.id = lost.id
RETURNING d.job, d.event_id, d.failures, d.state, d.reason, d.traceparent`

func (w *Worker) rescue(ctx context.Context) error {
	var names []string
	var attempts []int
	for name, j := range w.jobs {
		names, attempts = append(names, name), append(attempts, j.attempts)
	}
	rows, err := w.cfg.DB.Query(ctx, rescue, names, attempts, w.id)
	if err != nil {
		return err
	}
	lost, err := pgx.CollectRows(rows, pgx.RowToStructByPos[lostDelivery])
	if err != nil {
		return err
	}
	for _, l := range lost {
		w.mourn(ctx, l)
	}
	if len(lost) > 0 {
		w.wake()
	}
	return nil
}

type lostDelivery struct {
	Job         string
	EventID     uuid.UUID
	Failures    int
	State       string
	Reason      string
	Traceparent string
}

func (w *Worker) mourn(ctx context.Context, l lostDelivery) {
	if span, ok := telemetry.ParseTraceparent(l.Traceparent); ok {
		ctx = telemetry.WithSpan(ctx, span.Child())
	}
	w.cfg.Logger.WarnContext(ctx, "job taken from its process",
		"job", l.Job, "event_id", l.EventID, "attempt", l.Failures, "state", l.State, "reason", l.Reason)
	if l.State == "dead" {
		w.report(ctx, l.Job, l.EventID, l.Failures, errors.New(l.Reason))
	}
}
