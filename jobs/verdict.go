package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/problem"
	"github.com/slipway-go/slipway/telemetry"
)

// A verdict is what becomes of a delivery whose attempt had no effect.
type verdict struct {
	state    string
	failures int
	pause    time.Duration // until it may run again
	reason   string
	// report: somebody should look into it.
	report bool
}

// judge decides what an error means for the delivery.
func judge(a *Attempt, err error) verdict {
	v := verdict{state: "dead", failures: a.failures + 1, reason: reason(err)}
	_, broken := errors.AsType[undecodable](err)
	switch {
	case errors.Is(err, errDraining):
		return verdict{state: "ready", failures: a.failures} // it has done nothing wrong
	case isFinal(err):
		return v
	case broken, v.failures >= a.job.attempts:
		v.report = true
		return v
	}
	v.state, v.pause = "ready", pause(v.failures)
	if asked, ok := errors.AsType[*retryError](err); ok {
		v.pause = max(asked.after, 0)
	}
	return v
}

// isFinal finds the problems that no other attempt would change: what the job asks for
// is not there, or not allowed. Those of the moment are none, and neither is what a
// job says after its time.
func isFinal(err error) bool {
	_, late := errors.AsType[*timeoutError](err)
	_, again := errors.AsType[*retryError](err)
	p, ok := errors.AsType[*problem.Error](err)
	if late || again || !ok || !p.Expected() {
		return false
	}
	switch p.Status() {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return false
	}
	return true
}

const release = `
UPDATE kit_delivery
   SET state = $3, failures = $4, run_at = coalesce($7::timestamptz, now()) + $5, reason = coalesce(nullif($6, ''), reason),
       worker = NULL, lease_until = NULL` + fence

// settle writes down how an attempt ended that did not finish the delivery, and says it.
func (w *Worker) settle(ctx context.Context, a *Attempt, err error, took time.Duration) {
	logger := w.cfg.Logger.With("job", a.Job, "event_id", a.Event.ID, "job_id", a.id, "attempt", a.Number,
		"duration_ms", milliseconds(took))
	switch {
	case err == nil && a.Skipped != "":
		w.ended(a, endedSkipped, took)
		logger.DebugContext(ctx, "job skipped", "reason", a.Skipped)
		return
	case err == nil:
		w.ended(a, endedDone, took)
		logger.DebugContext(ctx, "job done")
		return
	case errors.Is(err, ErrOvertaken):
		w.ended(a, endedOvertaken, took)
		logger.InfoContext(ctx, "job overtaken by another attempt")
		return
	}
	v := judge(a, err)
	mine, writeErr := w.release(ctx, a, v)
	switch {
	case writeErr != nil:
		w.ended(a, endedLost, took)
		logger.ErrorContext(ctx, "the end of a job could not be written down, so it will be taken for lost",
			"error", writeErr, "because", err)
	case !mine:
		w.ended(a, endedOvertaken, took)
		logger.InfoContext(ctx, "job overtaken by another attempt")
	case errors.Is(err, errDraining):
		w.ended(a, endedHandedBack, took)
		logger.InfoContext(ctx, "job handed back, since the process ends")
	default:
		w.ended(a, endedIn(v.state), took)
		logger.WarnContext(ctx, "job failed", "error", err, "state", v.state, "again_in_ms", milliseconds(v.pause))
		if v.report {
			w.report(ctx, a.Job, a.Event.ID, a.Number, err)
		}
	}
}

// milliseconds is a time as all lines of the log have it.
func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// report tells whoever watches over errors that a job is dead and should not be.
func (w *Worker) report(ctx context.Context, job string, event uuid.UUID, attempt int, err error) {
	w.cfg.Reporter.Report(ctx, fmt.Errorf("job %s is dead: %w", job, err),
		slog.String("job", job), slog.Any("event_id", event), slog.Int("attempt", attempt))
}

// release gives the delivery up, unless it has been taken. The database may be away for a
// moment, so it tries for as long as the delivery is this attempt's.
func (w *Worker) release(ctx context.Context, a *Attempt, v verdict) (mine bool, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace/2)
	defer cancel()
	for {
		tag, err := w.cfg.DB.Exec(ctx, release, a.id, a.claim, v.state, v.failures, v.pause, v.reason, w.now())
		if !postgres.IsUnavailable(err) || !sleep(ctx, pollInterval) {
			return tag.RowsAffected() == 1, err
		}
	}
}

const maxReason = 2000 // bytes

// reason is an error as it is kept: bounded, and without secrets.
func reason(err error) string { return cut((&telemetry.Redactor{}).String(err.Error())) }

func cut(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD") // which PostgreSQL takes for none
	if len(s) <= maxReason {
		return s
	}
	return strings.ToValidUTF8(s[:maxReason], "") + "…"
}
