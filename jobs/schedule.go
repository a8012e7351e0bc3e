package jobs

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway/internal/failpoint"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/telemetry"
)

// Cron registers a job that runs at the times of a cron expression of five fields
// (minute, hour, day of month, month, day of week), or of @hourly, @daily, @weekly,
// @monthly, @every 90s. The times are those of UTC unless [Schedule.In] says otherwise.
func Cron(m Module, name, spec string, f Func[Slot]) *Schedule {
	w := m.Jobs()
	s := &Schedule{Job: Handle(m, name, f).Concurrency(1), spec: spec, zone: "UTC"}
	w.schedules = append(w.schedules, s)
	return s
}

// A Slot is one time of a schedule, the data of its job.
type Slot struct {
	At time.Time `json:"at"`
	// Missed is how many slots right before this one are left to it; see [Coalesce].
	Missed int `json:"missed,omitempty"`
}

// A Schedule is a job that runs by the clock. However many processes there are, it runs
// once for each slot.
type Schedule struct {
	*Job[Slot]

	spec   string
	zone   string
	missed Missed
}

// In sets the time zone of the schedule by its name: "Europe/Berlin".
func (s *Schedule) In(zone string) *Schedule {
	s.zone = zone
	return s
}

// Missed sets what happens to slots at which no process was there. Default: [Coalesce].
func (s *Schedule) Missed(m Missed) *Schedule {
	if m < Coalesce || m > CatchUp {
		s.worker.failf("job %s: Missed(%d): expected jobs.Coalesce, jobs.SkipMissed or jobs.CatchUp", s.name, m)
	}
	s.missed = m
	return s
}

// Missed says what happens to the slots of a schedule that nobody was there for.
type Missed int

const (
	// Coalesce runs once, for the last of them.
	Coalesce Missed = iota
	// SkipMissed runs for none of them: a slot that is over a minute late is left out.
	SkipMissed
	// CatchUp runs for each of them, in their order, but for no more than the last hundred.
	CatchUp
)

const (
	missedAfter = time.Minute
	maxCatchUp  = 100
	// maxSlots bounds what is looked at in one go; the rest is left for the next.
	maxSlots = 100_000
)

// due returns the slots that are to run now, and the first that is not due yet.
func (s *Schedule) due(c *clock, next, now time.Time) (slots []Slot, following time.Time) {
	n := 0
	for ; !next.After(now) && !next.IsZero() && n < maxSlots; n++ {
		slots = append(slots, Slot{At: next.UTC()})
		if len(slots) > maxCatchUp {
			slots = slots[1:]
		}
		next = c.next(next)
	}
	if next.IsZero() {
		next = never
	}
	if n == 0 || s.missed == CatchUp {
		return slots, next
	}
	last := slots[len(slots)-1:]
	if s.missed == SkipMissed && now.Sub(last[0].At) > missedAfter {
		return nil, next
	}
	if s.missed == Coalesce {
		last[0].Missed = n - 1
	}
	return last, next
}

// never is as late as a schedule can be.
var never = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// A timetable is the schedules of a worker with their clocks.
type timetable struct {
	schedules    map[string]*Schedule
	clocks       map[string]*clock
	names, specs []string
}

func (w *Worker) timetable() (*timetable, []error) {
	t := &timetable{schedules: map[string]*Schedule{}, clocks: map[string]*clock{}}
	var errs []error
	for _, s := range w.schedules {
		c, err := newClock(s.spec, s.zone)
		if err != nil {
			errs = append(errs, fmt.Errorf("job %s: %w", s.name, err))
			continue
		}
		t.schedules[s.name], t.clocks[s.name] = s, c
		t.names, t.specs = append(t.names, s.name), append(t.specs, s.zone+" "+s.spec)
	}
	return t, errs
}

// keepTime makes deliveries of the slots that come, until ctx is done.
func (w *Worker) keepTime(ctx context.Context) {
	t, _ := w.timetable() // its errors are those of Err
	if len(t.names) == 0 {
		return
	}
	planned, broken := false, false
	for {
		err := w.tick(ctx, t, &planned)
		switch {
		case err != nil && !broken && ctx.Err() == nil:
			w.cfg.Logger.WarnContext(ctx, "schedules wait at the moment", "error", err)
		case err == nil && broken:
			w.cfg.Logger.InfoContext(ctx, "schedules go on")
		}
		broken = err != nil
		if !sleep(ctx, tickInterval) {
			return
		}
	}
}

const tickInterval = time.Second

func (w *Worker) tick(ctx context.Context, t *timetable, planned *bool) error {
	if !*planned {
		if err := w.plan(ctx, t); err != nil {
			return fmt.Errorf("plan the schedules: %w", err)
		}
		*planned = true
	}
	var due, orphaned bool
	err := w.cfg.DB.QueryRow(ctx, anyDue, t.names, t.specs, w.now(), missedAfter).Scan(&due, &orphaned)
	if err == nil && orphaned {
		due, err = true, w.takeOver(ctx, t)
	}
	if err != nil || !due {
		return err
	}
	var begun []slotSpan
	err = w.cfg.DB.InTx(ctx, func(ctx context.Context, tx postgres.Tx) (err error) {
		begun, err = w.deliverSlots(ctx, tx, t)
		return err
	})
	if err != nil {
		return err // without the spans: no job is below them
	}
	failpoint.Hit(ctx, "cron.ticked")
	for _, s := range begun {
		s.end()
	}
	return nil
}

// A schedule whose expression has changed is planned anew. Whoever still runs the old one
// leaves it alone from then on.
const planSchedule = `
INSERT INTO kit_schedule AS s (name, spec, next_run_at) VALUES ($1, $2, $3)
ON CONFLICT (name) DO UPDATE SET spec = excluded.spec, next_run_at = excluded.next_run_at WHERE s.spec <> excluded.spec`

func (w *Worker) plan(ctx context.Context, t *timetable) error {
	var now time.Time
	if err := w.cfg.DB.QueryRow(ctx, `SELECT coalesce($1::timestamptz, now())`, w.now()).Scan(&now); err != nil {
		return err
	}
	for i, name := range t.names {
		if _, err := w.cfg.DB.Exec(ctx, planSchedule, name, t.specs[i], t.clocks[name].next(now)); err != nil {
			return err
		}
	}
	return nil
}

// A schedule that runs by another expression and is late has nobody who serves it: in a
// deployment a process of the release before was the last to start, and is gone. It goes
// on by this process's expression from the time that was missed.
const (
	findOrphans = `
SELECT s.name, s.spec, s.next_run_at FROM kit_schedule AS s JOIN unnest($1::text[], $2::text[]) AS t (name, spec) USING (name)
 WHERE s.spec <> t.spec AND s.next_run_at < coalesce($3::timestamptz, now()) - $4::interval`
	takeOrphan = `
UPDATE kit_schedule SET spec = $4, next_run_at = $5 WHERE name = $1 AND spec = $2 AND next_run_at = $3`
)

func (w *Worker) takeOver(ctx context.Context, t *timetable) error {
	rows, err := w.cfg.DB.Query(ctx, findOrphans, t.names, t.specs, w.now(), missedAfter)
	if err != nil {
		return fmt.Errorf("find the schedules that nobody serves: %w", err)
	}
	orphans, err := pgx.CollectRows(rows, pgx.RowToStructByPos[orphan])
	if err != nil {
		return fmt.Errorf("find the schedules that nobody serves: %w", err)
	}
	for _, o := range orphans {
		next := t.clocks[o.Name].next(o.Next.Add(-time.Nanosecond))
		spec := t.specs[slices.Index(t.names, o.Name)]
		if _, err := w.cfg.DB.Exec(ctx, takeOrphan, o.Name, o.Spec, o.Next, spec, next); err != nil {
			return fmt.Errorf("take over the schedule %s: %w", o.Name, err)
		}
		w.cfg.Logger.InfoContext(ctx, "nobody served this schedule, so it goes on as this process has it",
			"job", o.Name, "was", o.Spec, "is", spec)
	}
	return nil
}

type orphan struct {
	Name, Spec string
	Next       time.Time
}

const (
	anyDue = `
SELECT coalesce(bool_or(s.spec = t.spec), false),
       coalesce(bool_or(s.spec <> t.spec AND s.next_run_at < coalesce($3::timestamptz, now()) - $4::interval), false)
  FROM kit_schedule AS s JOIN unnest($1::text[], $2::text[]) AS t (name, spec) USING (name)
 WHERE s.next_run_at <= coalesce($3::timestamptz, now())`
	takeDue = `
SELECT s.name, s.next_run_at, coalesce($3::timestamptz, now())
  FROM kit_schedule AS s JOIN unnest($1::text[], $2::text[]) AS t (name, spec) USING (name, spec)
 WHERE s.next_run_at <= coalesce($3::timestamptz, now()) FOR UPDATE OF s SKIP LOCKED`
	moveOn     = `UPDATE kit_schedule SET next_run_at = $2 WHERE name = $1`
	insertSlot = `
INSERT INTO kit_delivery (event_id, job, run_at, type, version, key, traceparent, subject, data, emitted_at)
VALUES ($1, $2, $3, '', 0, '', $4, '', $5, $3) ON CONFLICT (event_id, job, run) DO NOTHING`
)

type dueSchedule struct {
	Name      string
	Next, Now time.Time
}

// deliverSlots makes the deliveries and moves the schedules on, which is one transaction, so
// that each slot has one delivery however many processes try. The spans are to end once it
// has committed.
func (w *Worker) deliverSlots(ctx context.Context, tx postgres.Tx, t *timetable) (begun []slotSpan, err error) {
	rows, err := tx.Query(ctx, takeDue, t.names, t.specs, w.now())
	if err != nil {
		return nil, err
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[dueSchedule])
	if err != nil {
		return nil, err
	}
	for _, d := range all {
		slots, following := t.schedules[d.Name].due(t.clocks[d.Name], d.Next, d.Now)
		for _, slot := range slots {
			data, err := json.Marshal(slot)
			if err != nil {
				return nil, err
			}
			s := w.traceSlot(d.Name, slot)
			begun = append(begun, s)
			tx.AtCommit(insertSlot, w.slotID(d.Name, slot), d.Name, slot.At, s.traceparent, data)
		}
		tx.AtCommit(moveOn, d.Name, following)
	}
	tx.Signal(Ready)
	failpoint.Hit(ctx, "cron.ticking")
	return begun, nil
}

// A slotSpan is the span of a slot that is being delivered.
type slotSpan struct {
	job         string
	slot        Slot
	span        *telemetry.Span
	traceparent string
}

func (s slotSpan) end() {
	s.span.End(slog.String(telemetry.Job, s.job), slog.Time("slot", s.slot.At), slog.Int("missed", s.slot.Missed))
}

// traceSlot begins the trace of a slot: its span says when the schedule was looked at, and
// the job is below it.
func (w *Worker) traceSlot(name string, s Slot) slotSpan {
	ctx, span := w.cfg.Tracer.Begin(context.Background(), telemetry.SpanContext{}, w.module, telemetry.Producer, "schedule "+name)
	return slotSpan{job: name, slot: s, span: span, traceparent: telemetry.SpanFrom(ctx).Traceparent()}
}

// slotID names a slot, whoever delivers it.
func (w *Worker) slotID(name string, s Slot) uuid.UUID {
	return uuid.NewSHA1(uuid.NameSpaceOID, fmt.Appendf(nil, "%s/%s@%s", w.module, name, s.At.Format(time.RFC3339)))
}
