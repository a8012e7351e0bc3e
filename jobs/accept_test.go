package jobs_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/slipway-go/slipway/events"
	"github.com/slipway-go/slipway/jobs"
	"github.com/slipway-go/slipway/postgres"
)

func TestWorker_Accept(t *testing.T) {
	t.Parallel()

	two := func(w *world, change ...func(*jobs.Config)) module {
		m := w.module(change...)
		jobs.On(m, "close-cart", captured, jobs.Func[payment](mark[payment]))
		jobs.On(m, "thank", captured, jobs.Func[payment](mark[payment]))
		return m
	}

	t.Run("ErrTheDatabaseIsAway", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		m := two(w)
		w.exec("ALTER TABLE kit_delivery RENAME TO gone")
		if err := m.Accept(t.Context(), []events.Message{message(captured, `{}`)}); err == nil {
			t.Error("Accept() = nil, although nothing was stored")
		}
		w.exec("ALTER TABLE gone RENAME TO kit_delivery")
	})

	t.Run("ErrBusy", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		m := two(w, func(c *jobs.Config) { c.MaxReady = 10 })
		w.accept(two(w), 3)
		w.exec("UPDATE kit_delivery SET run_at = now() + interval '1d'") // waits for its time, not for us
		one := func() error { return m.Accept(t.Context(), []events.Message{message(captured, `{}`)}) }
		var err error
		w.until("too many to take more", func() bool { err = one(); return err != nil })
		if !errors.Is(err, events.ErrBusy) {
			t.Errorf("Accept() = %v, want ErrBusy", err)
		}
		n := w.states("ready")
		w.exec("UPDATE kit_delivery SET state = 'done'")
		w.until("room for more", func() bool { return one() == nil })
		if n < 6+10 {
			t.Errorf("it was busy with %d, want over 10 that are due and 6 that are not", n)
		}
		if got := w.count("SELECT count(*) FROM kit_delivery"); got != n+2 {
			t.Errorf("%d deliveries, want %d and those of the last event", got, n)
		}
	})

	t.Run("TheSameManyTimesAtOnceIsOneForEachJob", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		m := two(w)
		e := message(captured, `{}`)
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() { w.bring(m, e, e, e) })
		}
		all.Wait()
		if got := w.count("SELECT count(*) FROM kit_delivery"); got != 2 {
			t.Errorf("%d deliveries, want one for each job", got)
		}
	})

	t.Run("WhatNobodyHandlesIsSetAsideAndToldOnce", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		m := two(w, func(c *jobs.Config) { c.MaxReady = 10 })
		for range 30 { // which is no backlog
			w.bring(m, message(refunded, `{}`))
		}
		w.bring(m, message(refunded, `{}`), message(captured, `{}`))
		if n, err := m.RunDue(t.Context()); n != 2 || err != nil {
			t.Errorf("RunDue() = %d, %v; want the jobs of the event that is handled", n, err)
		}
		counts, err := jobs.NewAdmin(w.db).Counts(t.Context())
		if err != nil || len(counts) != 3 || counts[0].Job != refunded.Topic() || counts[0].State != jobs.SetAside || counts[0].N != 31 {
			t.Errorf("Counts() = %+v, %v; want 31 events set aside and two jobs done", counts, err)
		}
		if got := w.logged("an event is set aside, since no job of this process handles it"); got != 1 {
			t.Errorf("it was told %d times, want once", got)
		}
	})

	t.Run("InTheOrderOfTheBatch", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		m := two(w)
		batch := w.accept(m, events.MaxBatch)
		rows, err := w.db.Query(t.Context(), "SELECT event_id = $1 FROM kit_delivery ORDER BY id LIMIT 1", batch[0].ID)
		if err != nil {
			t.Fatal(err)
		}
		var first bool
		for rows.Next() {
			if err := rows.Scan(&first); err != nil {
				t.Fatal(err)
			}
		}
		if err := rows.Err(); err != nil || !first {
			t.Errorf("the first of the batch is not the first row (%v)", err)
		}
	})
}

// A deployment: the queue brings what the next release wants while the old one still runs.
func TestWorker_Run_adopts(t *testing.T) {
	t.Parallel()

	next := func(w *world) module {
		m := w.module(func(c *jobs.Config) { c.Subscribes = append(c.Subscribes, refunded.Declared()) })
		jobs.On(m, "close-cart", captured, jobs.Func[payment](mark[payment]))
		jobs.On(m, "apologise", refunded, jobs.Func[payment](mark[payment]))
		jobs.On(m, "reopen-cart", refunded, jobs.Func[payment](mark[payment]))
		return m
	}
	old := func(w *world) module {
		m := w.module()
		jobs.On(m, "close-cart", captured, jobs.Func[payment](mark[payment]))
		return m
	}

	t.Run("WhatTheOldReleaseHasSetAsideOnceForEachJob", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, manyConns)
		v1, v2, v3 := old(w), next(w), next(w)
		w.start(v1)
		var batch []events.Message
		for range events.MaxBatch {
			batch = append(batch, message(refunded, `{"amount":7}`))
		}
		w.bring(v1, batch...)
		w.start(v2)
		w.start(v3)
		w.untilState("done", 2*len(batch))
		w.bring(v1, batch...) // once more, as a bus may
		w.bring(v1, message(refunded, `{}`))
		w.untilState("done", 2*len(batch)+2)
		w.until("nothing set aside", func() bool { return w.states("ready") == 0 })
		if got := w.count("SELECT count(*) FROM effects"); got != 2*len(batch)+2 {
			t.Errorf("%d effects, want one of each job for each event", got)
		}
	})

	t.Run("NothingThatItHasNoJobFor", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		v1 := old(w)
		w.bring(v1, message(refunded, `{}`))
		w.start(v1)
		w.accept(v1, 1)
		w.untilState("done", 1)
		if got := w.states("ready"); got != 1 {
			t.Errorf("%d are set aside, want 1", got)
		}
	})

	t.Run("AndWhatNobodyWantsIsDeletedInTheEnd", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		m := old(w)
		w.bring(m, message(refunded, `{}`), message(refunded, `{}`), message(captured, `{}`))
		w.exec("UPDATE kit_delivery SET run_at = now() - interval '13d'")
		purge := func() {
			if err := jobs.PurgeAside(m.Worker, t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		purge()
		if got := w.states("ready"); got != 3 {
			t.Errorf("%d are left after 13 days, want all 3", got)
		}
		w.exec("UPDATE kit_delivery SET run_at = now() - interval '15d'")
		purge()
		if got := w.count("SELECT count(*) FROM kit_delivery WHERE job = 'close-cart'"); got != 1 || w.states("ready") != 1 {
			t.Errorf("%d are left after 15 days, want the one that waits for its job", w.states("ready"))
		}
		if got := w.logged("events that no job has handled are deleted"); got != 1 {
			t.Errorf("it was told %d times, want once", got)
		}
	})
}

func TestJob_Enqueue(t *testing.T) {
	t.Parallel()

	remind := func(w *world) (module, *jobs.Job[payment]) {
		m := w.module(nothing)
		return m, jobs.Handle(m, "remind", jobs.Func[payment](mark[payment]))
	}

	t.Run("NothingHappensWithoutACommit", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		_, job := remind(w)
		refused := errors.New("refused")
		err := w.db.InTx(t.Context(), func(ctx context.Context, tx postgres.Tx) error {
			return errors.Join(job.Enqueue(ctx, tx, "p1", payment{7}), refused)
		})
		if !errors.Is(err, refused) {
			t.Errorf("InTx() = %v", err)
		}
		if got := w.count("SELECT count(*) FROM kit_delivery"); got != 0 {
			t.Errorf("%d deliveries, want 0", got)
		}
	})

	t.Run("ErrTooLarge", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		_, job := remind(w)
		err := w.db.InTx(t.Context(), func(ctx context.Context, tx postgres.Tx) error {
			return job.Enqueue(ctx, tx, string(make([]byte, events.MaxKey+1)), payment{7})
		})
		if err == nil {
			t.Error("Enqueue() with a key that is too long: no error")
		}
	})

	t.Run("RunsAfterTheCommitAndLaterAtItsTime", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		m, job := remind(w)
		w.start(m)
		err := w.db.InTx(t.Context(), func(ctx context.Context, tx postgres.Tx) error {
			return errors.Join(
				job.Enqueue(ctx, tx, "now", payment{7}),
				job.EnqueueAt(ctx, tx, w.now().AddDate(0, 0, 1), "tomorrow", payment{7}),
			)
		})
		if err != nil {
			t.Fatalf("InTx() = %v", err)
		}
		w.untilState("done", 1)
		if got := w.count("SELECT count(*) FROM kit_delivery WHERE state = 'ready' AND key = 'tomorrow'"); got != 1 {
			t.Errorf("%d are ready for tomorrow, want 1", got)
		}
		w.exec("UPDATE kit_delivery SET run_at = now() WHERE state = 'ready'")
		w.untilState("done", 2)
	})

	t.Run("InTheEffectOfAnotherIsPartOfIt", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		m := w.module()
		job := jobs.Handle(m, "remind", jobs.Func[payment](mark[payment]))
		jobs.On(m, "close-cart", captured, processing(func(_ context.Context, d jobs.Delivery[payment]) (jobs.Effect, error) {
			return func(ctx context.Context, tx postgres.Tx) error {
				err := job.Enqueue(ctx, tx, d.Key, d.Data)
				if d.Attempt == 1 {
					err = errors.Join(err, errors.New("refused"))
				}
				return err
			}, nil
		}))
		w.accept(m, 1)
		_ = w.runDue(m)
		if err := w.runDue(m); err != nil {
			t.Errorf("RunDue() = %v", err)
		}
		if got := w.count("SELECT count(*) FROM effects WHERE job = 'remind'"); got != 1 {
			t.Errorf("the job that was enqueued took effect %d times, want once", got)
		}
	})
}
