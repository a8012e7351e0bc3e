package jobs

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway/events"
)

// An event that no job of the process handles is set aside, as a delivery to its topic:
// in a deployment the queue has events for a release whose processes are not there yet.
// A topic has dots and the name of a job has none, so nobody claims or counts it, and
// whoever has a job for the topic finds it by the index of what is ready.

// tellAside returns how many events of a batch no job handles, and says it once for
// each topic.
func (w *Worker) tellAside(ctx context.Context, batch []events.Message, topics []string) (n int) {
	handled := map[string]bool{}
	for _, t := range topics {
		handled[t] = true
	}
	for _, m := range batch {
		if handled[m.Topic()] {
			continue
		}
		n++
		if _, told := w.told.LoadOrStore(m.Topic(), true); !told {
			w.cfg.Logger.WarnContext(ctx, "an event is set aside, since no job of this process handles it",
				"topic", m.Topic(), "event_id", m.ID)
		}
	}
	return n
}

// What was set aside is replaced by a delivery for each job, some at a time of each topic.
const adopt = `
WITH aside AS (
       DELETE FROM kit_delivery WHERE id = ANY (ARRAY(
              SELECT r.id FROM (SELECT DISTINCT topic FROM unnest($1::text[]) AS u (topic)) AS t
               CROSS JOIN LATERAL (SELECT id FROM kit_delivery WHERE state = 'ready' AND job = t.topic
                                    ORDER BY run_at, id LIMIT 500 FOR UPDATE SKIP LOCKED) AS r))
       RETURNING *)
INSERT INTO kit_delivery (event_id, job, run_at, type, version, key, traceparent, subject, data, emitted_at)
SELECT a.event_id, t.job, coalesce($3::timestamptz, now()), a.type, a.version, a.key, a.traceparent, a.subject, a.data, a.emitted_at
  FROM aside AS a JOIN unnest($1::text[], $2::text[]) AS t (topic, job) ON t.topic = a.job
 ORDER BY a.id
ON CONFLICT (event_id, job, run) DO NOTHING`

// adopt gives events that another process has set aside to the jobs of this one.
func (w *Worker) adopt(ctx context.Context) error {
	topics, names := w.triggers()
	if len(topics) == 0 {
		return nil
	}
	tag, err := w.cfg.DB.Exec(ctx, adopt, topics, names, w.now())
	if err != nil {
		return fmt.Errorf("take events that were set aside: %w", err)
	}
	if n := tag.RowsAffected(); n > 0 {
		w.cfg.Logger.InfoContext(ctx, "events that were set aside have jobs now", "deliveries", n)
		w.wake()
	}
	return nil
}

const deleteAside = `
WITH gone AS (
       DELETE FROM kit_delivery WHERE id = ANY (ARRAY(
              SELECT id FROM kit_delivery
               WHERE state = 'ready' AND job LIKE '%.%' AND run_at < coalesce($3::timestamptz, now()) - $1::interval
               LIMIT $2 FOR UPDATE SKIP LOCKED))
       RETURNING job)
SELECT job, count(*) FROM gone GROUP BY job`

// purgeAside deletes what nobody has wanted for as long as deliveries are kept.
func (w *Worker) purgeAside(ctx context.Context) error {
	for {
		rows, err := w.cfg.DB.Query(ctx, deleteAside, keptFor, sweepBatch, w.now())
		if err != nil {
			return err
		}
		var topic string
		var n, all int
		_, err = pgx.ForEachRow(rows, []any{&topic, &n}, func() error {
			all += n
			w.cfg.Logger.WarnContext(ctx, "events that no job has handled are deleted", "topic", topic, "events", n, "after", keptFor)
			return nil
		})
		if err != nil || all < sweepBatch {
			return err
		}
	}
}
