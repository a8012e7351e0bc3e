package jobs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/internal/failpoint"
	"github.com/slipway-go/slipway/internal/onbehalf"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/telemetry"
)

// grace is how long after its timeout an attempt is another process's to take. Half
// of it is for the attempt to notice that its context is done, and half to write that down.
const grace = 10 * time.Second

// ErrOvertaken is the error of an attempt whose delivery has been taken from it,
// because it was late or its process seemed dead. Its effect was rolled back; whoever
// took the delivery does the work.
var ErrOvertaken = errors.New("the delivery was taken over by another attempt")

// perform makes one attempt and writes down how it ended.
func (w *Worker) perform(ctx context.Context, a *Attempt) error {
	ctx, span := a.begin(a.onBehalf(ctx), w.cfg.Tracer)
	began := time.Now()
	err := telemetry.Sound(w.bounded(ctx, a))
	w.settle(ctx, a, err, time.Since(began))
	if span != nil {
		a.end(span, err)
	}
	return err
}

// onBehalf is on that of whoever caused the event, with the rights of the service.
func (a *Attempt) onBehalf(ctx context.Context) context.Context {
	ctx = context.WithValue(ctx, onbehalf.Key{}, subject(a.Event.Subject))
	return auth.AsService(ctx, "job "+a.Job)
}

type subject string

var _ onbehalf.Actor = subject("")

func (s subject) SubjectID() string { return string(s) }

// bounded returns when the attempt has ended or has had its time. One that goes on
// all the same is left alone, and its effect will find that it was overtaken.
func (w *Worker) bounded(ctx context.Context, a *Attempt) error {
	ctx, cancel := context.WithTimeoutCause(ctx, a.job.timeout, &timeoutError{a.job.timeout})
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		err := errGone
		defer func() { ended <- err }()
		err = w.chain()(ctx, a)
	}()
	select {
	case err := <-ended:
		return because(ctx, err)
	case <-ctx.Done():
	}
	select {
	case err := <-ended:
		return because(ctx, err)
	case <-time.After(grace / 2):
		return because(ctx, errDeaf)
	}
}

var (
	errGone = errors.New("the job ended its goroutine: runtime.Goexit, which t.Fatal calls as well")
	errDeaf = errors.New("the job goes on although its context is done, and is left alone: " +
		"pass the context to everything that waits")
	errHidden = errors.New("a middleware returned no error for a job that had one: return what next returned")
)

type timeoutError struct{ after time.Duration }

func (e *timeoutError) Error() string { return fmt.Sprintf("the job took longer than its %s", e.after) }

// because adds why the context ended to the error of an attempt that it has cut short.
func because(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); err != nil && cause != nil && !errors.Is(err, ErrOvertaken) {
		return fmt.Errorf("%w: %w", cause, err)
	}
	return err
}

// chain is what one attempt goes through.
func (w *Worker) chain() Step {
	step := recovered(w.attempt)
	for _, m := range slices.Backward(w.use) {
		step = m(step)
	}
	return recovered(func(ctx context.Context, a *Attempt) error { // a middleware may panic as well
		err := step(ctx, a)
		if err == nil && !a.ended {
			return errHidden
		}
		return err
	})
}

// recovered makes an error of a panic.
func recovered(next Step) Step {
	return func(ctx context.Context, a *Attempt) (err error) {
		defer func() {
			if p := recover(); p != nil {
				err = telemetry.Panicked(p)
			}
		}()
		return next(ctx, a)
	}
}

// attempt decides, processes, and commits.
func (w *Worker) attempt(ctx context.Context, a *Attempt) error {
	failpoint.Hit(ctx, "job.processing")
	effect, err := a.job.handle(ctx, a)
	switch {
	case errors.Is(err, errSkipped):
		err = w.finish(ctx, w.cfg.DB, a, "skipped")
	case err == nil:
		err = w.commit(ctx, a, effect)
	}
	a.ended = a.ended || err == nil
	return err
}

// The fence of a delivery: of all attempts only the latest gets past it, and only once.
// What is running has a lease. To ask for its state would lead the planner to the index
// of everything that runs.
const (
	fence  = ` WHERE id = $1 AND attempt = $2 AND lease_until IS NOT NULL`
	finish = `UPDATE kit_delivery SET state = $3, reason = $4, done_at = now(), worker = NULL, lease_until = NULL` + fence
)

// commit makes the effect and the end of the delivery one. The fence comes first, so that
// an attempt that was overtaken waits for the other, and changes nothing.
func (w *Worker) commit(ctx context.Context, a *Attempt, effect Effect) error {
	err := w.cfg.DB.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error {
		if err := w.finish(ctx, tx, a, "done"); err != nil {
			return err
		}
		return effect(ctx, tx)
	})
	if err == nil {
		failpoint.Hit(ctx, "job.committed")
	}
	return err
}

// finish gets past the fence, or says that another attempt has.
func (w *Worker) finish(ctx context.Context, q postgres.Querier, a *Attempt, state string) error {
	tag, err := q.Exec(ctx, finish, a.id, a.claim, state, cut(a.Skipped))
	if err != nil {
		return fmt.Errorf("mark the delivery as %s: %w", state, err)
	}
	if tag.RowsAffected() == 0 {
		return ErrOvertaken
	}
	return nil
}
