package jobs_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/slipway-go/slipway/jobs"
	"github.com/slipway-go/slipway/postgres"
)

// now is the time of the database.
func (w *world) now() (now time.Time) {
	w.Helper()
	if err := w.db.QueryRow(w.Context(), "SELECT now()").Scan(&now); err != nil {
		w.Fatal(err)
	}
	return now
}

// planned waits until there is a schedule with this text, and returns when it comes.
func (w *world) planned(spec string) (next time.Time) {
	w.Helper()
	w.until("the plan of "+spec, func() bool {
		return w.db.QueryRow(w.Context(), "SELECT next_run_at FROM kit_schedule WHERE spec = $1", spec).Scan(&next) == nil
	})
	return next
}

func TestCron(t *testing.T) {
	t.Parallel()

	t.Run("OneRunForEachSlotOverAllProcesses", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, manyConns)
		for range 8 {
			m := w.module(nothing)
			jobs.Cron(m, "expire", "0 3 * * *", mark[jobs.Slot]).In("Europe/Berlin").Missed(jobs.CatchUp)
			w.start(m)
		}
		next := w.planned("Europe/Berlin 0 3 * * *")
		if !next.After(w.now()) || next.Sub(w.now()) > 25*time.Hour {
			t.Errorf("it is planned for %s, want it within a day", next)
		}
		w.exec("UPDATE kit_schedule SET next_run_at = next_run_at - interval '4d' ") // four days without any process
		w.until("the effects", func() bool { return w.count("SELECT count(*) FROM effects") >= 3 })
		w.until("the schedule to move on", func() bool {
			return w.count("SELECT count(*) FROM kit_schedule WHERE next_run_at = $1", next) == 1
		})
		w.until("the end of all", func() bool {
			return w.states("ready") == 0 && w.states("running") == 0
		})
		slots, done := w.count("SELECT count(*) FROM kit_delivery"), w.count("SELECT count(*) FROM effects")
		if slots != done || slots < 4 || slots > 5 { // the clock may have changed in these days
			t.Errorf("%d slots had %d runs, want one for each of four days", slots, done)
		}
	})

	t.Run("MissedOnesAreOneRunThatSaysSo", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		m := w.module(nothing)
		seen := make(chan jobs.Delivery[jobs.Slot], 10)
		jobs.Cron(m, "expire", "0 * * * *", func(_ context.Context, d jobs.Delivery[jobs.Slot]) (jobs.Effect, error) {
			seen <- d
			return jobs.Done, nil
		})
		w.start(m)
		next := w.planned("UTC 0 * * * *")
		w.exec("UPDATE kit_schedule SET next_run_at = next_run_at - interval '5h'")
		d := <-seen
		last := next.Add(-time.Hour)
		if d.Data.Missed != 4 || !d.Data.At.Equal(last) || !d.Emitted.Equal(last) {
			t.Errorf("it ran for %+v, want for %s and four before that", d, last)
		}
		w.untilState("done", 1)
		if got := w.count("SELECT count(*) FROM kit_delivery"); got != 1 {
			t.Errorf("%d runs, want 1", got)
		}
	})

	t.Run("AChangedOneIsPlannedAnewAndAnUnchangedOneIsNot", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		run := func(spec string) {
			m := w.module(nothing)
			jobs.Cron(m, "expire", spec, mark[jobs.Slot])
			stop := w.start(m)
			w.planned("UTC " + spec)
			stop()
		}
		run("0 3 * * *")
		w.exec("UPDATE kit_schedule SET next_run_at = '2100-01-01'")
		run("0 3 * * *")
		if got := w.planned("UTC 0 3 * * *"); got.Year() != 2100 {
			t.Errorf("a schedule that has not changed was planned anew, for %s", got)
		}
		run("0 4 * * *")
		if got := w.planned("UTC 0 4 * * *").UTC(); got.Year() == 2100 || got.Hour() != 4 {
			t.Errorf("a schedule that has changed is planned for %s", got)
		}
	})

	t.Run("OneOfAnotherVersionIsLeftAlone", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		m := w.module(nothing)
		jobs.Cron(m, "expire", "0 3 * * *", mark[jobs.Slot])
		jobs.Cron(m, "other", "@every 1s", mark[jobs.Slot])
		w.start(m)
		w.planned("UTC 0 3 * * *")
		w.exec("UPDATE kit_schedule SET spec = 'UTC 0 4 * * *', next_run_at = now() - interval '30s' WHERE name = 'expire'")
		w.until("runs of the other", func() bool { return w.count("SELECT count(*) FROM effects WHERE job = 'other'") >= 2 })
		if got := w.count("SELECT count(*) FROM kit_delivery WHERE job = 'expire'"); got != 0 {
			t.Errorf("%d runs of a schedule that this process does not know, want 0", got)
		}
	})

	t.Run("OneOfAnotherVersionThatNobodyServesIsPlannedAnew", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		m := w.module(nothing)
		jobs.Cron(m, "expire", "@every 1h", mark[jobs.Slot])
		w.start(m)
		w.planned("UTC @every 1h")
		// A process of the release before was started last, and is gone.
		w.exec("UPDATE kit_schedule SET spec = 'UTC 0 4 * * *', next_run_at = date_trunc('second', now()) - interval '150m'")
		w.untilState("done", 1)
		w.until("the schedule to go on", func() bool { return w.planned("UTC @every 1h").After(w.now()) })
		if got := w.count("SELECT count(*) FROM kit_delivery"); got != 1 {
			t.Errorf("%d runs of what nobody was there for, want one", got)
		}
	})

	t.Run("RunsNowWhenItIsEnqueued", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		m := w.module(nothing)
		job := jobs.Cron(m, "expire", "0 3 * * *", mark[jobs.Slot])
		err := w.db.InTx(t.Context(), func(ctx context.Context, tx postgres.Tx) error {
			return job.Enqueue(ctx, tx, "", jobs.Slot{At: time.Now()})
		})
		if err != nil {
			t.Fatal(err)
		}
		if n, err := m.RunDue(t.Context()); n != 1 || err != nil {
			t.Errorf("RunDue() = %d, %v; want one run", n, err)
		}
	})
}

func TestSlot(t *testing.T) {
	t.Parallel()
	raw, err := json.Marshal(jobs.Slot{At: time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)})
	if want := `{"at":"2026-03-01T03:00:00Z"}`; err != nil || string(raw) != want {
		t.Errorf("a slot is %s, %v; want %s", raw, err, want)
	}
}
