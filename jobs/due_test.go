package jobs_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/slipway-go/slipway/jobs"
	"github.com/slipway-go/slipway/postgres"
)

func TestConfig_Clock_isRefusedByRun(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.module(nothing, func(c *jobs.Config) { c.Clock = time.Now })
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := m.Run(ctx); err == nil || !strings.Contains(err.Error(), "Config.Clock") {
		t.Errorf("Run() = %v, want an error that names Config.Clock", err)
	}
}

// A test's time is neither the database's nor that of the wall.
func TestConfig_Clock(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	now := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	m := w.module(nothing, func(c *jobs.Config) { c.Clock = func() time.Time { return now } })
	var ran []string
	fails := true
	remind := jobs.Handle(m, "remind", jobs.Func[string](func(_ context.Context, d jobs.Delivery[string]) (jobs.Effect, error) {
		ran = append(ran, d.Data)
		if d.Data == "fails" && fails {
			fails = false
			return nil, errors.New("not yet")
		}
		return jobs.Done, nil
	}))
	jobs.Cron(m, "tidy", "*/5 * * * *", func(_ context.Context, d jobs.Delivery[jobs.Slot]) (jobs.Effect, error) {
		ran = append(ran, "tidy "+d.Data.At.Format("15:04"))
		return jobs.Done, nil
	})
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	step := func(later time.Duration, wantErr bool, want ...string) {
		t.Helper()
		now, ran = now.Add(later), nil
		must(m.MakeDue(t.Context()))
		if _, err := m.RunDue(t.Context()); (err != nil) != wantErr {
			t.Errorf("RunDue() = %v", err)
		}
		if len(ran) != len(want) {
			t.Fatalf("at %s ran %q, want %q", now.Format(time.TimeOnly), ran, want)
		}
		for i := range want {
			if ran[i] != want[i] {
				t.Errorf("at %s ran %q, want %q", now.Format(time.TimeOnly), ran, want)
			}
		}
	}
	must(m.Plan(t.Context()))
	must(w.db.InTx(t.Context(), func(ctx context.Context, tx postgres.Tx) error {
		return errors.Join(remind.EnqueueAt(ctx, tx, now.Add(time.Hour), "", "in an hour"), remind.Enqueue(ctx, tx, "", "fails"))
	}))

	step(0, true, "fails")
	step(0, false, "fails") // without its pause
	step(5*time.Minute, false, "tidy 00:05")
	step(time.Minute, false)
	step(54*time.Minute, false, "in an hour", "tidy 01:00")
}
