package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/slipway-go/slipway/events"
	"github.com/slipway-go/slipway/jobs"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/telemetry"
)

// traces keep the spans of a worker.
type traces struct {
	mu    sync.Mutex
	spans []telemetry.SpanData
}

func (r *traces) Record(spans []telemetry.SpanData) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.spans = append(r.spans, spans...)
}

// named returns the spans of a name, in the order of their ends.
func (r *traces) named(name string) (all []telemetry.SpanData) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.spans {
		if s.Name == name {
			all = append(all, s)
		}
	}
	return all
}

func (r *traces) one(t *testing.T, name string) telemetry.SpanData {
	t.Helper()
	all := r.named(name)
	if len(all) != 1 {
		t.Fatalf("%d spans %s among %+v, want 1", len(all), name, r.spans)
	}
	return all[0]
}

func attribute(s telemetry.SpanData, key string) any {
	for _, a := range s.Attrs {
		if a.Key == key {
			return a.Value.Any()
		}
	}
	return nil
}

// traced gives a worker a tracer.
func traced(r *traces) func(*jobs.Config) {
	return func(c *jobs.Config) { c.Tracer = telemetry.NewTracer(telemetry.TraceConfig{Ratio: 1}, nil, r) }
}

func TestSpans(t *testing.T) {
	t.Parallel()

	t.Run("AreBelowTheEventAndLinkedToIt", func(t *testing.T) {
		t.Parallel()
		w, r := newWorld(t), &traces{}
		m := w.module(traced(r))
		broken := errors.New("password=made-up")
		jobs.On(m, "write-receipt", captured, processing(func(_ context.Context, d jobs.Delivery[payment]) (jobs.Effect, error) {
			if d.Attempt == 1 {
				return nil, broken
			}
			return marking(d), nil
		}))
		emitted := telemetry.NewSpanContext()
		event := message(captured, `{"amount":7}`)
		event.Traceparent = emitted.Traceparent()
		w.bring(m, event)
		_ = w.runDue(m) // the first attempt fails
		if err := w.runDue(m); err != nil {
			t.Errorf("RunDue() = %v", err)
		}
		accepted, attempts := r.one(t, "accept acquiring.payment.captured.v1"), r.named("job write-receipt")
		if len(attempts) != 2 {
			t.Fatalf("%d attempts, want 2", len(attempts))
		}
		emitted.Parent = [8]byte{}
		for _, s := range append(slices.Clone(attempts), accepted) {
			if s.TraceID != emitted.TraceID || s.Parent != emitted.SpanID || !slices.Equal(s.Links, []telemetry.SpanContext{emitted}) || s.Kind != telemetry.Consumer || s.Module != w.db.Schema() {
				t.Errorf("%+v is not what follows from %v", s, emitted)
			}
			if attribute(s, telemetry.MessagingMessageID) != event.ID.String() || attribute(s, telemetry.MessagingDestination) != "acquiring.payment.captured.v1" {
				t.Errorf("%s has %v", s.Name, s.Attrs)
			}
		}
		if attempts[0].Error != "password=[redacted]" || attempts[1].Error != "" {
			t.Errorf("the attempts failed: %q, %q", attempts[0].Error, attempts[1].Error)
		}
		if attribute(attempts[0], "attempt") != int64(1) || attribute(attempts[1], "attempt") != int64(2) || attribute(attempts[1], "job_id") == nil {
			t.Errorf("the attempts have %v and %v", attempts[0].Attrs, attempts[1].Attrs)
		}
	})

	t.Run("OfAReplayAreATraceOfTheirOwn", func(t *testing.T) {
		t.Parallel()
		w, r := newWorld(t), &traces{}
		m := w.module(traced(r))
		jobs.On(m, "write-receipt", captured, handler{})
		event := message(captured, `{"amount":7}`)
		emitted := telemetry.NewSpanContext()
		event.Traceparent = emitted.Traceparent()
		w.bring(m, event)
		w.exec("UPDATE kit_delivery SET run = 2")
		if err := w.runDue(m); err != nil {
			t.Errorf("RunDue() = %v", err)
		}
		if s := r.one(t, "job write-receipt"); s.TraceID == emitted.TraceID || s.Links[0].SpanID != emitted.SpanID || attribute(s, "run") != int64(2) {
			t.Errorf("%+v, want a trace of its own that is linked to %v", s, emitted)
		}
	})

	t.Run("AreNotThoseOfAnAcceptThatFails", func(t *testing.T) {
		t.Parallel()
		w, r := newWorld(t), &traces{}
		m := w.module(traced(r))
		event := message(captured, `{"amount":7}`)
		event.Traceparent = telemetry.NewSpanContext().Traceparent()
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if err := m.Accept(ended, slices.Repeat([]events.Message{event}, 3)); err == nil {
			t.Error("Accept() = nil although its context is done")
		}
		if len(r.spans) != 0 {
			t.Errorf("recorded %+v of what has not happened", r.spans)
		}
	})

	t.Run("OfWorkThatIsEnqueuedAreBelowWhoeverDidIt", func(t *testing.T) {
		t.Parallel()
		w, r := newWorld(t), &traces{}
		m := w.module(traced(r), nothing)
		job := jobs.Handle(m, "send-mail", jobs.Func[payment](mark[payment]))
		tracer := telemetry.NewTracer(telemetry.TraceConfig{Ratio: 1}, nil, r)
		ctx, root := tracer.Begin(t.Context(), telemetry.SpanContext{}, "shop", telemetry.Server, "request")
		err := w.db.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error { return job.Enqueue(ctx, tx, "", payment{}) })
		root.End()
		if err := errors.Join(err, w.runDue(m)); err != nil {
			t.Error(err)
		}
		request, enqueued, done := r.one(t, "request"), r.one(t, "enqueue send-mail"), r.one(t, "job send-mail")
		if enqueued.Parent != request.SpanID || done.Parent != enqueued.SpanID || enqueued.Kind != telemetry.Producer {
			t.Errorf("request %v, enqueued %v, done %v", request.SpanContext, enqueued.SpanContext, done.SpanContext)
		}
	})

	t.Run("OfAScheduleBeginATrace", func(t *testing.T) {
		t.Parallel()
		w, r := newWorld(t), &traces{}
		m := w.module(traced(r), nothing)
		jobs.Cron(m, "expire", "@hourly", mark[jobs.Slot])
		if err := m.Plan(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.exec("UPDATE kit_schedule SET next_run_at = next_run_at - interval '1h'")
		if err := m.MakeDue(t.Context()); err != nil {
			t.Error(err)
		}
		if err := w.runDue(m); err != nil {
			t.Error(err)
		}
		slot, done := r.one(t, "schedule expire"), r.one(t, "job expire")
		if slot.Parent != [8]byte{} || done.Parent != slot.SpanID || attribute(slot, "slot") == nil {
			t.Errorf("slot %+v, done %+v", slot, done)
		}
	})

	t.Run("OfAScheduleAreNoneWhileItsJobIsNotCommitted", func(t *testing.T) {
		t.Parallel()
		w, r := newWorld(t), &traces{}
		m := w.module(traced(r), nothing)
		jobs.Cron(m, "expire", "@hourly", mark[jobs.Slot])
		if err := m.Plan(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.exec("ALTER TABLE kit_delivery ADD CHECK (job <> 'expire')")
		w.exec("UPDATE kit_schedule SET next_run_at = next_run_at - interval '1h'")
		if err := m.MakeDue(t.Context()); err == nil {
			t.Fatal("a slot was delivered, want an error of the table")
		}
		for _, s := range r.spans {
			if s.Name == "schedule expire" {
				t.Errorf("span %+v of a job that is not there", s)
			}
		}
	})

	t.Run("AreNoneOfWhatLooksForWork", func(t *testing.T) {
		t.Parallel()
		w, r := newWorld(t), &traces{}
		m := w.module(traced(r))
		jobs.On(m, "write-receipt", captured, handler{})
		stop := w.start(m)
		w.accept(m, 1)
		w.untilState("done", 1)
		stop()
		for _, s := range r.spans {
			if s.Name != "job write-receipt" && fmt.Sprintf("%x", s.Parent) == "0000000000000000" {
				t.Errorf("a trace began with %s", s.Name)
			}
		}
	})
}
