package jobs

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/events"
	"github.com/slipway-go/slipway/internal/failpoint"
	"github.com/slipway-go/slipway/telemetry"
)

// Accept is the [events.Accept] of the module: it makes a delivery for each event and
// each of its jobs, all in one transaction. What has been accepted before changes
// nothing. An event that no job handles is set aside, for a process that has one. A
// module that is behind by over ten thousand deliveries that are due answers
// [events.ErrBusy], so that the backlog stays with the bus; what waits for its time,
// such as a next attempt, is not counted.
func (w *Worker) Accept(ctx context.Context, batch []events.Message) error {
	failpoint.Hit(ctx, "accept.begun")
	if len(batch) == 0 {
		return nil
	}
	if err := w.backlog.check(ctx, w); err != nil {
		return err
	}
	c, spans := columnsOf(batch), events.Spans(w.cfg.Tracer, w.module, telemetry.Consumer, "accept", "receive", batch)
	topics, names := w.triggers()
	tag, err := w.cfg.DB.Exec(ctx, accept,
		c.ids, c.types, c.versions, c.keys, c.traces, c.subjects, c.data, c.times, c.topics, topics, names, w.now())
	if err != nil {
		return fmt.Errorf("accept %d events: %w", len(batch), err)
	}
	failpoint.Hit(ctx, "accept.committed")
	spans.End()
	w.backlog.add(int(tag.RowsAffected()) - w.tellAside(ctx, batch, topics))
	w.wake()
	return nil
}

// An event without a job has its topic in the place of one; see aside.go.
const accept = `
INSERT INTO kit_delivery (event_id, job, run_at, type, version, key, traceparent, subject, data, emitted_at)
SELECT e.id, coalesce(t.job, e.topic), coalesce($12::timestamptz, now()), e.type, e.version, e.key, e.traceparent, e.subject, e.data, e.at
  FROM unnest($1::uuid[], $2::text[], $3::int[], $4::text[], $5::text[], $6::text[],
              $7::bytea[], $8::timestamptz[], $9::text[])
       WITH ORDINALITY AS e (id, type, version, key, traceparent, subject, data, at, topic, n)
  LEFT JOIN unnest($10::text[], $11::text[]) AS t (topic, job) USING (topic)
 ORDER BY e.n
ON CONFLICT (event_id, job, run) DO NOTHING`

// columns are a batch as the statement wants it.
type columns struct {
	ids                                   []uuid.UUID
	types, keys, traces, subjects, topics []string
	versions                              []int
	data                                  [][]byte
	times                                 []time.Time
}

func columnsOf(batch []events.Message) (c columns) {
	for _, m := range batch {
		c.ids = append(c.ids, m.ID)
		c.types = append(c.types, m.Type)
		c.versions = append(c.versions, m.Version)
		c.keys = append(c.keys, m.Key)
		c.traces = append(c.traces, m.Traceparent)
		c.subjects = append(c.subjects, m.Subject)
		c.data = append(c.data, m.Data)
		c.times = append(c.times, m.Time)
		c.topics = append(c.topics, m.Topic())
	}
	return c
}

// triggers lists which event triggers which job, as two columns.
func (w *Worker) triggers() (topics, names []string) {
	for _, j := range w.jobs {
		if j.topic != "" {
			topics, names = append(topics, j.topic), append(names, j.name)
		}
	}
	return topics, names
}

// A backlog estimates how many deliveries wait. It counts now and then, and adds what
// came since.
type backlog struct {
	mu      sync.Mutex
	counted time.Time
	n       int
}

const countInterval = 500 * time.Millisecond

// Each job's count ends at the limit, so that it is cheap however long the backlog is.
const countReady = `
SELECT count(*) FROM unnest($1::text[]) AS j (job)
 CROSS JOIN LATERAL (SELECT FROM kit_delivery WHERE state = 'ready' AND job = j.job AND run_at <= coalesce($3::timestamptz, now()) LIMIT $2) r`

func (b *backlog) check(ctx context.Context, w *Worker) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if time.Since(b.counted) > countInterval {
		if err := w.cfg.DB.QueryRow(ctx, countReady, w.names(), w.cfg.MaxReady+1, w.now()).Scan(&b.n); err != nil {
			return fmt.Errorf("count the deliveries that wait: %w", err)
		}
		b.counted = time.Now()
	}
	if b.n > w.cfg.MaxReady {
		return fmt.Errorf("%w: over %d", events.ErrBusy, w.cfg.MaxReady)
	}
	return nil
}

func (b *backlog) add(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.n = max(0, b.n+n)
}
