package jobs

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// maxClaim bounds what is taken of one job at once.
const maxClaim = 100

// claim takes what is ready and due of each job, as much of it as the offer says. A
// deep backlog of one job costs the others nothing: each has its own range of the index.
//
// The inner limit is the planner's: it does not look into $2, and would
// take its guess of it for a reason to sort the whole table. No more rows than $2 are
// locked.
const claim = `
UPDATE kit_delivery
   SET state = 'running', attempt = attempt + 1, worker = $4,
       lease_until = coalesce($5::timestamptz, now()) + ($3::interval[])[array_position($1::text[], job)]
 WHERE id = ANY (ARRAY(
       SELECT r.id FROM unnest($1::text[], $2::int[]) AS o (job, n)
        CROSS JOIN LATERAL (SELECT id FROM (
              SELECT id FROM kit_delivery WHERE state = 'ready' AND job = o.job AND run_at <= coalesce($5::timestamptz, now())
               ORDER BY run_at, id LIMIT 100 FOR UPDATE SKIP LOCKED) AS due LIMIT o.n) AS r))
RETURNING id, attempt, failures, job, run, event_id, type, version, key, traceparent, subject, data, emitted_at`

// claim returns the attempts that are this worker's now, the oldest first.
func (w *Worker) claim(ctx context.Context, offers []offer) ([]*Attempt, error) {
	var names []string
	var counts []int
	var leases []time.Duration
	for _, o := range offers {
		names, counts, leases = append(names, o.lane.job.name), append(counts, o.n), append(leases, o.lane.job.timeout+grace)
	}
	rows, err := w.cfg.DB.Query(ctx, claim, names, counts, leases, w.id, w.now())
	if err != nil {
		return nil, fmt.Errorf("claim deliveries: %w", err)
	}
	attempts, err := pgx.CollectRows(rows, w.scan)
	if err != nil {
		return nil, fmt.Errorf("claim deliveries: %w", err)
	}
	slices.SortFunc(attempts, func(a, b *Attempt) int { return cmp.Compare(a.id, b.id) })
	return attempts, nil
}

// The answer to a claim may be lost with its connection. What then is this worker's, but
// runs nowhere, is ready again.
const unclaim = `
UPDATE kit_delivery SET state = 'ready', worker = NULL, lease_until = NULL
 WHERE state = 'running' AND worker = $1 AND id <> ALL ($2)`

func (w *Worker) unclaim(ctx context.Context, held map[*Attempt]*lane) error {
	ids := []int64{} // nil would be NULL
	for a := range held {
		ids = append(ids, a.id)
	}
	if _, err := w.cfg.DB.Exec(ctx, unclaim, w.id, ids); err != nil {
		return fmt.Errorf("give back what was claimed: %w", err)
	}
	return nil
}

func (w *Worker) scan(row pgx.CollectableRow) (*Attempt, error) {
	a := &Attempt{Module: w.module}
	e := &a.Event
	err := row.Scan(&a.id, &a.claim, &a.failures, &a.Job, &a.Run,
		&e.ID, &e.Type, &e.Version, &e.Key, &e.Traceparent, &e.Subject, &e.Data, &e.Time)
	a.Number, a.job = a.failures+1, w.jobs[a.Job]
	return a, err
}
