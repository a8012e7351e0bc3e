package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// now returns the time of the worker's clock, for the statements that ask what is due. It
// is nil without one: they take the database's then, which all processes share.
func (w *Worker) now() *time.Time {
	if w.cfg.Clock == nil {
		return nil
	}
	return new(w.cfg.Clock())
}

// Plan writes down when the module's schedules come next, for tests: Run does so by itself.
func (w *Worker) Plan(ctx context.Context) error {
	t, errs := w.timetable()
	if len(t.names) == 0 || len(errs) > 0 {
		return errors.Join(errs...)
	}
	return w.plan(ctx, t)
}

const retryNow = `UPDATE kit_delivery SET run_at = coalesce($1::timestamptz, now()) WHERE state = 'ready' AND failures > 0 AND run_at > coalesce($1::timestamptz, now())`

// MakeDue makes what [Worker.RunDue] is to run, for tests: the slots of schedules that
// have come, and, without their pause, deliveries that wait for another attempt.
func (w *Worker) MakeDue(ctx context.Context) error {
	if _, err := w.cfg.DB.Exec(ctx, retryNow, w.now()); err != nil {
		return fmt.Errorf("have failed deliveries of %s due: %w", w.module, err)
	}
	t, _ := w.timetable() // its errors are those of Err
	if len(t.names) == 0 {
		return nil
	}
	planned := true
	return w.tick(ctx, t, &planned)
}

// RunDue runs what is due, one by one, until nothing is, for tests. It returns the number
// of attempts, and the errors of those that failed; what is to be tried again later is
// not due.
func (w *Worker) RunDue(ctx context.Context) (attempts int, err error) {
	if err := w.Err(); err != nil {
		return 0, err
	}
	s := newSlots(1, w.sorted())
	var errs []error
	for {
		s.wake()
		due, err := w.claim(ctx, s.offers())
		if err != nil {
			return attempts, errors.Join(append(errs, err)...)
		}
		if len(due) == 0 {
			return attempts, errors.Join(errs...)
		}
		for _, a := range due {
			attempts++
			if err := w.perform(ctx, a); err != nil {
				errs = append(errs, fmt.Errorf("job %s: %w", a.Job, err))
			}
		}
	}
}
