package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/internal/onbehalf"
	"github.com/slipway-go/slipway/jobs"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/problem"
	"github.com/slipway-go/slipway/telemetry"
)

// A handler of functions; nil is what most have.
type handler struct {
	decide  func(context.Context, jobs.Delivery[payment]) (jobs.Decision, error)
	process jobs.Func[payment]
}

func (h handler) IsTriggered(ctx context.Context, d jobs.Delivery[payment]) (jobs.Decision, error) {
	if h.decide == nil {
		return jobs.Triggered, nil
	}
	return h.decide(ctx, d)
}

func (h handler) Process(ctx context.Context, d jobs.Delivery[payment]) (jobs.Effect, error) {
	if h.process == nil {
		return marking(d), nil
	}
	return h.process(ctx, d)
}

// A speechless error is a nil pointer that became one.
type speechless struct{ text string }

func (s *speechless) Error() string { return s.text }

func processing(f jobs.Func[payment]) handler { return handler{process: f} }

func failing(err error) handler {
	return processing(func(context.Context, jobs.Delivery[payment]) (jobs.Effect, error) { return nil, err })
}

// runDue runs what is ready, as if its time had come.
func (w *world) runDue(m module) error {
	w.Helper()
	w.exec("UPDATE kit_delivery SET run_at = now() WHERE state = 'ready'")
	_, err := m.RunDue(w.Context())
	return err
}

// A row is what a test wants to see of a delivery.
type row struct {
	state             string
	attempt, failures int
	reason            string
	pause             time.Duration // until it may run
	ended             bool
}

func (w *world) row() (r row) {
	w.Helper()
	err := w.db.QueryRow(w.Context(), "SELECT state, attempt, failures, reason, run_at - now(), done_at IS NOT NULL FROM kit_delivery").
		Scan(&r.state, &r.attempt, &r.failures, &r.reason, &r.pause, &r.ended)
	if err != nil {
		w.Fatalf("read the delivery: %v", err)
	}
	return r
}

func TestAttempt_fails(t *testing.T) {
	t.Parallel()
	refused := errors.New("refused")
	for name, test := range map[string]struct {
		handler jobs.Handler[payment]
		reason  string
		timeout time.Duration
	}{
		"AnErrorOfProcess": {failing(refused), "refused", time.Minute},
		"AnErrorOfIsTriggered": {handler{decide: func(context.Context, jobs.Delivery[payment]) (jobs.Decision, error) {
			return jobs.Triggered, refused
		}}, "decide: refused", time.Minute},
		"NoDecision": {handler{decide: func(context.Context, jobs.Delivery[payment]) (jobs.Decision, error) {
			return "", nil
		}}, "expected jobs.Triggered, jobs.Skip", time.Minute},
		"AnErrorThatCannotSayWhatItIs": {failing((*speechless)(nil)), "cannot say what it is", time.Minute},
		"NoEffect":                     {failing(nil), "the effect of a job that changes nothing is jobs.Done", time.Minute},
		"AnErrorOfTheEffect": {processing(func(_ context.Context, d jobs.Delivery[payment]) (jobs.Effect, error) {
			return func(ctx context.Context, tx postgres.Tx) error { return errors.Join(marking(d)(ctx, tx), refused) }, nil
		}), "refused", time.Minute},
		"APanic": {processing(func(context.Context, jobs.Delivery[payment]) (jobs.Effect, error) {
			panic("boom")
		}), "panic: boom", time.Minute},
		"APanicOfTheEffect": {processing(func(_ context.Context, d jobs.Delivery[payment]) (jobs.Effect, error) {
			return func(ctx context.Context, tx postgres.Tx) error { _ = marking(d)(ctx, tx); panic("boom") }, nil
		}), "panic: boom", time.Minute},
		"AGoroutineThatEnds": {processing(func(context.Context, jobs.Delivery[payment]) (jobs.Effect, error) {
			runtime.Goexit()
			return jobs.Done, nil
		}), "the job ended its goroutine", time.Minute},
		"ItsTimeout": {processing(func(ctx context.Context, _ jobs.Delivery[payment]) (jobs.Effect, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}), "the job took longer than its 50ms", 50 * time.Millisecond},
		"AProblemAfterItsTimeout": {processing(func(ctx context.Context, _ jobs.Delivery[payment]) (jobs.Effect, error) {
			<-ctx.Done()
			return nil, problem.From(ctx.Err())
		}), "the job took longer than its 50ms", 50 * time.Millisecond},
		"AProblemOfTheMoment": {failing(problem.TooManyRequests("slowly")), "slowly", time.Minute},
		"AProblemOfOurs":      {failing(problem.Unavailable("the bank is away")), "the bank is away", time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			m := w.module()
			jobs.On(m, "close-cart", captured, test.handler).Attempts(2).Timeout(test.timeout)
			w.accept(m, 1)

			if err := w.runDue(m); err == nil || !strings.Contains(err.Error(), test.reason) {
				t.Errorf("RunDue() = %v, want an error with %q", err, test.reason)
			}
			got := w.row()
			if got.state != "ready" || got.failures != 1 || !strings.Contains(got.reason, test.reason) || got.ended {
				t.Errorf("after a failure it is %+v, want it ready again with one failure and its reason", got)
			}
			if got.pause < 500*time.Millisecond || got.pause > 1500*time.Millisecond {
				t.Errorf("the first pause is %s, want about a second", got.pause)
			}
			if n := len(w.reported()); n != 0 {
				t.Errorf("%d reports of a job that will be tried again, want 0", n)
			}

			_ = w.runDue(m)
			if got := w.row(); got.state != "dead" || got.failures != 2 || !strings.Contains(got.reason, test.reason) || got.ended {
				t.Errorf("after the last failure it is %+v, want it dead with two failures and its reason", got)
			}
			if n := len(w.reported()); n != 1 {
				t.Errorf("%d reports of a dead job, want 1", n)
			}
			if n := w.logged("job failed"); n != 2 {
				t.Errorf("%d lines of failures, want one for each", n)
			}
			if n := w.count("SELECT count(*) FROM effects"); n != 0 {
				t.Errorf("%d effects of a job that failed, want 0", n)
			}
		})
	}
}

func TestAttempt_panics(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.module()
	var here int
	jobs.On(m, "close-cart", captured, processing(func(context.Context, jobs.Delivery[payment]) (jobs.Effect, error) {
		_, _, here, _ = runtime.Caller(0)
		panic("boom")
	}))
	w.accept(m, 1)
	_ = w.runDue(m)
	first, below, _ := strings.Cut(w.row().reason, "\n")
	if want := fmt.Sprintf("panic: boom at attempt_test.go:%d", here+1); first != want {
		t.Errorf("the reason begins with %q, want %q", first, want)
	}
	if !strings.HasPrefix(below, "github.com/slipway-go/slipway/jobs_test.TestAttempt_panics") {
		t.Errorf("below it is\n%s\nwant the stack from there on", below)
	}
}

func TestAttempt_isLogged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.module()
	jobs.On(m, "close-cart", captured, failing(jobs.RetryAfter(1500*time.Millisecond, errors.New("refused"))))
	w.accept(m, 1)
	_ = w.runDue(m)
	if got, want := w.attr("job failed", "job_id"), int64(w.count("SELECT id FROM kit_delivery")); got != want {
		t.Errorf("the line has the job_id %v, want %d", got, want)
	}
	if got := w.attr("job failed", "again_in_ms"); got != 1500.0 {
		t.Errorf("the line has again_in_ms %v, want 1500", got)
	}
	if got, ok := w.attr("job failed", "duration_ms").(float64); !ok || got <= 0 {
		t.Errorf("the line has duration_ms %v, want milliseconds", got)
	}
}

func TestAttempt_isFinal(t *testing.T) {
	t.Parallel()

	t.Run("AProblemOfWhatWasAskedEndsTheJobWithoutAReport", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		m := w.module()
		jobs.On(m, "close-cart", captured, failing(problem.Conflict("the cart is closed")))
		w.accept(m, 1)
		_ = w.runDue(m)
		if got := w.row(); got.state != "dead" || got.failures != 1 || got.reason != "the cart is closed" {
			t.Errorf("it is %+v, want it dead at once", got)
		}
		if got := w.reported(); len(got) != 0 {
			t.Errorf("reported %v, want nothing", got)
		}
	})

	t.Run("DataThatCannotBeReadEndsTheJobWithAReport", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		m := w.module()
		jobs.On(m, "close-cart", captured, jobs.Func[payment](mark[payment]))
		w.bring(m, message(captured, `{"amount":"seven"}`))
		_ = w.runDue(m)
		if got := w.row(); got.state != "dead" || !strings.Contains(got.reason, "read the data as jobs_test.payment") {
			t.Errorf("it is %+v, want it dead at once, with the reason", got)
		}
		if got := w.reported(); len(got) != 1 {
			t.Errorf("reported %v, want it once", got)
		}
	})
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.module()
	jobs.On(m, "close-cart", captured, failing(jobs.RetryAfter(time.Hour, problem.Conflict("not yet"))))
	w.accept(m, 1)
	_ = w.runDue(m)
	got := w.row()
	if got.state != "ready" || got.failures != 1 || got.reason != "not yet" {
		t.Errorf("it is %+v, want it ready again", got)
	}
	if got.pause < 59*time.Minute || got.pause > time.Hour {
		t.Errorf("it is to run in %s, want an hour", got.pause)
	}
	if err := jobs.RetryAfter(time.Second, nil); err.Error() == "" {
		t.Error("RetryAfter(nil) has no text")
	}
}

func TestAttempt_isSkipped(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.module()
	var seen string
	m.Use(func(next jobs.Step) jobs.Step {
		return func(ctx context.Context, a *jobs.Attempt) error {
			defer func() { seen = a.Skipped }()
			return next(ctx, a)
		}
	})
	jobs.On(m, "close-cart", captured, handler{decide: func(context.Context, jobs.Delivery[payment]) (jobs.Decision, error) {
		return jobs.Skip("the cart is closed\x00"), nil
	}})
	w.accept(m, 1)
	if err := w.runDue(m); err != nil {
		t.Errorf("RunDue() = %v", err)
	}
	if got := w.row(); got.state != "skipped" || got.reason != "the cart is closed\uFFFD" || !got.ended {
		t.Errorf("it is %+v, want it skipped with the reason", got)
	}
	if n := w.count("SELECT count(*) FROM effects"); n != 0 {
		t.Errorf("%d effects, want 0", n)
	}
	if !strings.HasPrefix(seen, "the cart is closed") {
		t.Errorf("middleware saw the reason %q", seen)
	}
}

func TestAttempt_delivers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.module()
	var got []jobs.Delivery[payment]
	var span telemetry.SpanContext
	jobs.On(m, "close-cart", captured, processing(func(ctx context.Context, d jobs.Delivery[payment]) (jobs.Effect, error) {
		got, span = append(got, d), telemetry.SpanFrom(ctx)
		if reason, ok := auth.ServiceReason(ctx); !ok || reason != "job close-cart" {
			t.Errorf("it acts as the service for %q, want job close-cart", reason)
		}
		if subject := onbehalf.Subject(ctx); subject != "alice" {
			t.Errorf("what it emits is caused by %q, want alice", subject)
		}
		if d.Attempt == 1 {
			return nil, errors.New("refused")
		}
		return marking(d), nil
	}))
	jobs.On(m, "thank", captured, jobs.Func[payment](mark[payment]))
	e, parent := message(captured, `{"amount":7,"new_field":true}`), telemetry.NewSpanContext()
	e.Subject, e.Traceparent = "alice", parent.Traceparent()
	w.bring(m, e)
	_ = w.runDue(m)
	if err := w.runDue(m); err != nil {
		t.Errorf("RunDue() = %v", err)
	}
	if len(got) != 2 || got[0].Attempt != 1 || got[1].Attempt != 2 {
		t.Fatalf("it was delivered as %+v, want two attempts", got)
	}
	d := got[1]
	if d.EventID != e.ID || d.Job != "close-cart" || d.Module != w.db.Schema() || d.Key != "p1" || d.Data.Amount != 7 || d.Subject != "alice" || d.Run != 0 {
		t.Errorf("it got %+v", d)
	}
	if !d.Emitted.Equal(e.Time.Truncate(time.Microsecond)) {
		t.Errorf("emitted at %s, want %s", d.Emitted, e.Time)
	}
	if span.TraceID != parent.TraceID || span.Parent != parent.SpanID {
		t.Errorf("it ran in %+v, want a child of %+v", span, parent)
	}
	if n := w.count("SELECT count(DISTINCT job) FROM effects"); n != 2 {
		t.Errorf("%d jobs took effect, want both", n)
	}

	key := d.IdempotencyKey()
	if key != got[0].IdempotencyKey() {
		t.Error("another attempt has another idempotency key")
	}
	for name, change := range map[string]func(*jobs.Delivery[payment]){
		"run": func(d *jobs.Delivery[payment]) { d.Run++ }, "job": func(d *jobs.Delivery[payment]) { d.Job = "thank" },
		"module": func(d *jobs.Delivery[payment]) { d.Module = "other" }, "event": func(d *jobs.Delivery[payment]) { d.EventID[0]++ },
	} {
		other := d
		change(&other)
		if other.IdempotencyKey() == key {
			t.Errorf("another %s has the same idempotency key", name)
		}
	}
}

func TestWorker_Use(t *testing.T) {
	t.Parallel()

	t.Run("APanicOfMiddlewareIsAFailure", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		m := w.module()
		m.Use(func(jobs.Step) jobs.Step { return func(context.Context, *jobs.Attempt) error { panic("boom") } })
		jobs.On(m, "close-cart", captured, jobs.Func[payment](mark[payment]))
		w.accept(m, 1)
		_ = w.runDue(m)
		if got := w.row(); got.failures != 1 || !strings.HasPrefix(got.reason, "panic: boom") {
			t.Errorf("it is %+v, want a failure", got)
		}
	})

	t.Run("OneThatHidesAFailureIsAFailure", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		m := w.module()
		m.Use(func(next jobs.Step) jobs.Step {
			return func(ctx context.Context, a *jobs.Attempt) error { _ = next(ctx, a); return nil }
		})
		jobs.On(m, "close-cart", captured, processing(func(_ context.Context, d jobs.Delivery[payment]) (jobs.Effect, error) {
			if d.Attempt == 1 {
				return nil, errors.New("refused")
			}
			return marking(d), nil
		}))
		w.accept(m, 1)
		_ = w.runDue(m)
		if got := w.row(); got.failures != 1 || !strings.Contains(got.reason, "return what next returned") {
			t.Errorf("it is %+v, want a failure that names the middleware", got)
		}
		if err := w.runDue(m); err != nil {
			t.Errorf("RunDue() = %v", err)
		}
		if got := w.row(); got.state != "done" {
			t.Errorf("it is %+v, want it done", got)
		}
	})

	t.Run("TheFirstIsOutermostAndSeesPanicsAsErrors", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		m := w.module()
		var order []string
		seeing := func(name string) jobs.Middleware {
			return func(next jobs.Step) jobs.Step {
				return func(ctx context.Context, a *jobs.Attempt) error {
					order = append(order, name)
					err := next(ctx, a)
					if err == nil || !strings.HasPrefix(err.Error(), "panic: boom") || a.Job != "close-cart" || a.Event.Topic() != captured.Topic() {
						t.Errorf("%s saw %v of %+v", name, err, a)
					}
					return err
				}
			}
		}
		m.Use(seeing("first"), seeing("second"))
		jobs.On(m, "close-cart", captured, processing(func(context.Context, jobs.Delivery[payment]) (jobs.Effect, error) { panic("boom") }))
		w.accept(m, 1)
		_ = w.runDue(m)
		if got := strings.Join(order, ", "); got != "first, second" {
			t.Errorf("the order is %s", got)
		}
	})
}
