package jobs_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/events"
	"github.com/slipway-go/slipway/internal/failpoint"
	"github.com/slipway-go/slipway/jobs"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/postgres/postgrestest"
)

// Variables of a child process that works until it comes to a point.
const (
	childVariable  = "SLIPWAY_JOBS_TEST_FAILPOINT"
	urlVariable    = "SLIPWAY_JOBS_TEST_URL"
	schemaVariable = "SLIPWAY_JOBS_TEST_SCHEMA"
)

// theBatch is what a bus brings to the child, and, if it was not acknowledged, to the next.
func theBatch() (batch []events.Message) {
	for i := range 40 {
		m := message(captured, `{"amount":7}`)
		m.ID = uuid.NewSHA1(uuid.NameSpaceURL, []byte(strconv.Itoa(i)))
		batch = append(batch, m)
	}
	return batch
}

func registerBoth(m module, work jobs.Func[payment]) {
	jobs.On(m, "close-cart", captured, processing(work))
	jobs.Cron(m, "tick", "@every 1s", mark[jobs.Slot]).Missed(jobs.CatchUp)
}

// workUntil accepts, works, and is told to stop in the middle of it, until it dies.
func workUntil(point string) error {
	ctx, err := failpoint.Armed(context.Background(), point)
	if err != nil {
		return err
	}
	ctx, stop := context.WithTimeout(ctx, time.Minute)
	defer stop()
	db, err := postgres.Open(postgres.Config{URL: config.Secret(os.Getenv(urlVariable)), Schema: os.Getenv(schemaVariable)})
	if err != nil {
		return err
	}
	m := module{jobs.NewWorker(jobs.Config{DB: db, Locks: postgres.NewLocks(db), Subscribes: []*events.Definition{captured.Declared()}})}
	var n atomic.Int32
	registerBoth(m, func(ctx context.Context, d jobs.Delivery[payment]) (jobs.Effect, error) {
		if n.Add(1) == 20 && point == "drain.begun" {
			stop()
		}
		return mark(ctx, d)
	})
	if err := m.Accept(ctx, theBatch()); err != nil {
		return err
	}
	return m.Run(ctx)
}

// Wherever a process is killed, another one does what it left, and nothing twice.
func TestWorker_Run_killed(t *testing.T) {
	t.Parallel()
	for _, point := range []string{
		"accept.begun", "accept.committed", "job.claimed", "job.claimed#3", "job.processing", "job.processing#9",
		"job.committed", "job.committed#9", "cron.ticking", "cron.ticked", "cron.ticked#2", "drain.begun",
	} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			child := exec.CommandContext(t.Context(), os.Args[0])
			child.Env = append(os.Environ(), childVariable+"="+point, urlVariable+"="+postgrestest.URL(t), schemaVariable+"="+w.db.Schema())
			child.Stderr = os.Stderr
			if err := child.Run(); !isKilled(err) {
				t.Fatalf("the child ended with %v, want a kill at %s", err, point)
			}
			died, left := time.Now(), w.running()

			m := w.module()
			registerBoth(m, mark[payment])
			w.bring(m, theBatch()...)
			w.start(m)
			// Some may have been on their way to the database as committed when the process died.
			w.until("what was running to be done", func() bool {
				return w.count("SELECT count(*) FROM kit_delivery WHERE id = ANY ($1) AND state = 'done'", left) == len(left)
			})
			t.Logf("%d that were running are done after %s", len(left), time.Since(died))
			w.until("everything to be done", func() bool {
				return w.count("SELECT count(*) FROM kit_delivery WHERE job = 'close-cart' AND state = 'done'") == 40
			})
			w.until("the schedule to go on", func() bool { return w.count("SELECT count(*) FROM effects WHERE job = 'tick'") > 2 })
			if n := w.count("SELECT count(*) FROM effects WHERE job = 'close-cart'"); n != 40 {
				t.Errorf("%d effects, want 40", n)
			}
			if n := w.count("SELECT count(*) FROM (SELECT FROM effects GROUP BY event, job HAVING count(*) > 1) AS twice"); n != 0 {
				t.Errorf("%d deliveries took effect twice, want 0", n)
			}
			const missing = `SELECT (extract(epoch FROM max(emitted_at) - min(emitted_at)) + 1)::int - count(*)::int FROM kit_delivery WHERE job = 'tick'`
			if n := w.count(missing); n != 0 {
				t.Errorf("%d slots have no delivery, want 0", n)
			}
		})
	}
}

// running returns the deliveries that somebody is at, or was.
func (w *world) running() []int64 {
	w.Helper()
	rows, err := w.db.Query(w.Context(), "SELECT id FROM kit_delivery WHERE state = 'running'")
	if err != nil {
		w.Fatal(err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		w.Fatal(err)
	}
	return ids
}

func isKilled(err error) bool {
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok {
		return false
	}
	status, ok := exit.Sys().(syscall.WaitStatus)
	return ok && status.Signal() == syscall.SIGKILL
}
