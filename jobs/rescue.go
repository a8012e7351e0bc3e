package jobs

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway/telemetry"
)

// liveInterval is how often a worker makes sure of its lock, and looks for deliveries
// whose worker has lost its own, and for events that were set aside.
const liveInterval = time.Second

// lostAfter is for how long a worker's lock is to be missing before its deliveries are
// taken. When the database was started anew, no process has its lock, and all of
// them are back within liveInterval and a moment.
const lostAfter = liveInterval * 3 / 2

// live holds the lock by which others see that this process lives, until ctx is done.
// Without it nothing is claimed.
func (w *Worker) live(ctx context.Context) {
	others := missing{}
	told := false
	for {
		held, err := w.cfg.Locks.TryLock(ctx, w.id)
		was := w.alive.Swap(held)
		if !was && held {
			w.wake()
		}
		if held {
			err = errors.Join(w.rescue(ctx, others), w.adopt(ctx))
		}
		if err != nil && !told && ctx.Err() == nil {
			w.cfg.Logger.WarnContext(ctx, "this process cannot show that it lives, or see who does; jobs may wait", "error", err)
		}
		told = err != nil
		if !sleep(ctx, others.pause(was, held)) {
			return
		}
	}
}

// missing is since when the workers of running deliveries have been seen without a lock.
type missing map[int64]time.Time

// pause is until the next look: none after the lock was lost, so that it is taken again
// before others take this process for dead, and a short one while somebody is missing.
func (m missing) pause(was, held bool) time.Duration {
	switch {
	case was && !held:
		clear(m) // this process has seen nothing of what was meanwhile
		return 0
	case !held:
		return liveInterval / 4
	case len(m) > 0:
		return lostAfter / 3
	}
	return liveInterval
}

// gone notes who is missing now, and returns those who have been for too long.
func (m missing) gone(seen []int64) (gone []int64) {
	maps.DeleteFunc(m, func(id int64, _ time.Time) bool { return !slices.Contains(seen, id) })
	for _, id := range seen {
		if since, known := m[id]; !known {
			m[id] = time.Now()
		} else if time.Since(since) >= lostAfter {
			gone = append(gone, id)
		}
	}
	return gone
}

const alive = `
WITH alive AS MATERIALIZED (
       SELECT (classid::bigint << 32) | objid::bigint AS worker FROM pg_locks
        WHERE locktype = 'advisory' AND objsubid = 1 AND granted
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))`

// findLost finds the workers without a lock that have deliveries, and those with late ones.
const findLost = alive + `
SELECT DISTINCT coalesce(worker, 0), lease_until < now() FROM kit_delivery
 WHERE state = 'running' AND (lease_until < now() OR worker <> $1 AND worker NOT IN (SELECT worker FROM alive))`

// rescue takes deliveries from workers that are dead, which have lost their lock for
// good, or late. That counts as a failure: what ends a process each time ends as dead
// itself. The first time it runs again at once.
//
// A job that this process does not know is none of its business to bury.
const rescue = alive + `,
     lost AS MATERIALIZED (
       SELECT id, worker IN (SELECT worker FROM alive) AS late FROM kit_delivery
        WHERE state = 'running' AND (lease_until < now() OR worker = ANY ($3) AND worker NOT IN (SELECT worker FROM alive))
          FOR UPDATE SKIP LOCKED)
UPDATE kit_delivery AS d
   SET failures = d.failures + 1, worker = NULL, lease_until = NULL,
       state = CASE WHEN d.failures + 1 >= ($2::int[])[array_position($1::text[], d.job)] THEN 'dead' ELSE 'ready' END,
       run_at = now() + CASE WHEN d.failures = 0 THEN interval '0'
                        ELSE make_interval(secs => least(2.0 ^ least(d.failures, 12), 3600)) END,
       reason = CASE WHEN late THEN 'it was not ended in time, and its process lives'
                ELSE 'its process ended, or lost its connection' END
  FROM lost WHERE d.id = lost.id
RETURNING d.job, d.event_id, d.failures, d.state, d.reason, d.traceparent`

func (w *Worker) rescue(ctx context.Context, others missing) error {
	gone, late, err := w.lost(ctx, others)
	if err != nil || len(gone) == 0 && !late {
		return err
	}
	var names []string
	var attempts []int
	for name, j := range w.jobs {
		names, attempts = append(names, name), append(attempts, j.attempts)
	}
	rows, err := w.cfg.DB.Query(ctx, rescue, names, attempts, gone)
	if err != nil {
		return err
	}
	lost, err := pgx.CollectRows(rows, pgx.RowToStructByPos[lostDelivery])
	if err != nil {
		return err
	}
	for _, l := range lost {
		w.metrics.rescued.WithLabelValues(l.Job).Inc()
		w.mourn(ctx, l)
	}
	if len(lost) > 0 {
		w.wake()
	}
	return nil
}

// lost returns the workers that are gone, and whether there are deliveries that are late.
func (w *Worker) lost(ctx context.Context, others missing) (gone []int64, late bool, err error) {
	rows, err := w.cfg.DB.Query(ctx, findLost, w.id)
	if err != nil {
		return nil, false, err
	}
	var seen []int64
	var id int64
	var overdue bool
	_, err = pgx.ForEachRow(rows, []any{&id, &overdue}, func() error {
		if late = late || overdue; !overdue {
			seen = append(seen, id)
		}
		return nil
	})
	if err != nil {
		return nil, false, err
	}
	return others.gone(seen), late, nil
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
	if from, ok := telemetry.ParseTraceparent(l.Traceparent); ok {
		var span *telemetry.Span // the attempt has none: whoever had begun it is gone
		ctx, span = w.cfg.Tracer.Begin(ctx, from, w.module, telemetry.Consumer, "job "+l.Job)
		span.Fail(l.Reason)
		defer span.End(slog.String(telemetry.Job, l.Job), slog.Int(telemetry.Attempt, l.Failures))
	}
	w.cfg.Logger.WarnContext(ctx, "job taken from its process",
		"job", l.Job, "event_id", l.EventID, "attempt", l.Failures, "state", l.State, "reason", l.Reason)
	if l.State == "dead" {
		w.report(ctx, l.Job, l.EventID, l.Failures, errors.New(l.Reason))
	}
}
