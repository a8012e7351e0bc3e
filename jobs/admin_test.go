package jobs_test

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/events"
	"github.com/slipway-go/slipway/jobs"
	"github.com/slipway-go/slipway/problem"
)

// broken makes three deliveries that are dead, and returns the module in which the job
// is mended.
func broken(w *world) (mended module, batch []events.Message) {
	w.Helper()
	m := w.module()
	jobs.On(m, "close-cart", captured, failing(errors.New("refused"))).Attempts(1)
	batch = w.accept(m, 3)
	_ = w.runDue(m)
	mended = w.module()
	jobs.On(mended, "close-cart", captured, jobs.Func[payment](mark[payment]))
	return mended, batch
}

func TestAdmin(t *testing.T) {
	t.Parallel()

	t.Run("DeadOnesAreListedPageByPage", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		_, batch := broken(w)
		a := jobs.NewAdmin(w.db)
		first, err := a.Dead(t.Context(), 0, 2)
		if err != nil || len(first) != 2 {
			t.Fatalf("Dead() = %v, %v; want two", first, err)
		}
		if got := first[0]; got.EventID != batch[0].ID || got.Job != "close-cart" || got.Reason != "refused" || got.Failures != 1 || got.State != "dead" ||
			got.Type != "acquiring.payment.captured" || string(got.Data) != `{"amount":7}` || got.DoneAt != nil {
			t.Errorf("the first is %+v", got)
		}
		rest, err := a.Dead(t.Context(), first[1].ID, 2)
		if err != nil || len(rest) != 1 {
			t.Errorf("Dead() = %v, %v; want the third", rest, err)
		}
	})

	t.Run("FindOneAndNoneThatIsNot", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		broken(w)
		a := jobs.NewAdmin(w.db)
		all, err := a.Dead(t.Context(), 0, 1)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := a.Find(t.Context(), all[0].ID); err != nil || got.EventID != all[0].EventID {
			t.Errorf("Find() = %+v, %v", got, err)
		}
		if _, err := a.Find(t.Context(), 1<<40); problem.Status(err) != http.StatusNotFound {
			t.Errorf("Find() = %v, want not found", err)
		}
	})

	t.Run("WhatFailedAndIsTriedAgainIsWaiting", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		m, a := w.module(), jobs.NewAdmin(w.db)
		jobs.On(m, "close-cart", captured, failing(errors.New("refused")))
		batch := w.accept(m, 1)
		if got, err := a.Waiting(t.Context(), 10); err != nil || len(got) != 0 {
			t.Errorf("Waiting() = %v, %v; want none before it has failed", got, err)
		}
		_ = w.runDue(m)
		if got, err := a.Waiting(t.Context(), 10); err != nil || len(got) != 1 || got[0].Failures != 1 || got[0].Reason != "refused" {
			t.Errorf("Waiting() = %+v, %v; want the one that failed", got, err)
		}
		if got, err := a.OfEvent(t.Context(), batch[0].ID, 10); err != nil || len(got) != 1 || got[0].Job != "close-cart" {
			t.Errorf("OfEvent() = %+v, %v; want its job", got, err)
		}
		if _, err := a.OfEvent(t.Context(), uuid.New(), 10); problem.Status(err) != http.StatusNotFound {
			t.Errorf("OfEvent() = %v of another event, want not found", err)
		}
	})

	t.Run("RetryAndDiscardOnlyWhatIsDead", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		mended, _ := broken(w)
		a := jobs.NewAdmin(w.db)
		all, err := a.Dead(t.Context(), 0, 10)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := a.Retry(t.Context(), all[0].ID, all[1].ID, 1<<40); n != 2 || err != nil {
			t.Errorf("Retry() = %d, %v; want 2", n, err)
		}
		if err := w.runDue(mended); err != nil {
			t.Errorf("RunDue() = %v", err)
		}
		if n, err := a.Retry(t.Context(), all[0].ID); n != 0 || err != nil {
			t.Errorf("Retry() of what is done = %d, %v; want 0", n, err)
		}
		if n, err := a.Discard(t.Context(), all[0].ID, all[2].ID); n != 1 || err != nil {
			t.Errorf("Discard() = %d, %v; want only the dead one", n, err)
		}
		if got := w.count("SELECT count(*) FROM effects"); got != 2 {
			t.Errorf("%d effects, want those of two that were retried", got)
		}
		counts, err := a.Counts(t.Context())
		if err != nil || len(counts) != 2 || counts[0].State != "discarded" || counts[0].N != 1 || counts[1].State != "done" || counts[1].N != 2 {
			t.Errorf("Counts() = %+v, %v; want one discarded and two done", counts, err)
		}
	})

	t.Run("DeliverAgainIsANewRun", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		m := w.module()
		keys := map[string]bool{}
		jobs.On(m, "close-cart", captured, processing(func(_ context.Context, d jobs.Delivery[payment]) (jobs.Effect, error) {
			keys[d.IdempotencyKey()] = true
			return marking(d), nil
		}))
		batch := w.accept(m, 2)
		for range 2 {
			if err := w.runDue(m); err != nil {
				t.Fatal(err)
			}
			if n, err := jobs.NewAdmin(w.db).Deliver(t.Context(), "close-cart", batch); n != 2 || err != nil {
				t.Fatalf("Deliver() = %d, %v; want 2", n, err)
			}
			w.bring(m, batch...) // which the bus may do at any time, and changes nothing
		}
		if err := w.runDue(m); err != nil {
			t.Fatal(err)
		}
		if got := w.count("SELECT count(*) FROM effects"); got != 6 || len(keys) != 6 {
			t.Errorf("%d effects with %d keys, want three runs of two events", got, len(keys))
		}
	})
}

func TestWorker_Purge(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.module(nothing)
	const insert = `INSERT INTO kit_delivery (event_id, job, state, done_at, type, version, key, traceparent, subject, data, emitted_at)
		SELECT gen_random_uuid(), 'j', $1, $2, '', 1, '', '', '', '{}', now() - interval '1 year' FROM generate_series(1, $3::int)`
	old, recent := w.now().AddDate(0, 0, -15), w.now().AddDate(0, 0, -13)
	w.exec(insert, "done", old, 2500)
	w.exec(insert, "skipped", old, 1)
	w.exec(insert, "discarded", old, 1)
	w.exec(insert, "done", recent, 1)
	w.exec(insert, "dead", nil, 1)
	w.exec(insert, "ready", nil, 1)
	if err := jobs.Purge(m.Worker, t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := w.count("SELECT count(*) FROM kit_delivery"); got != 3 {
		t.Errorf("%d are left, want the recent, the dead and the ready one", got)
	}
}
