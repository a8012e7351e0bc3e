package jobs_test

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/slipway-go/slipway/jobs"
	"github.com/slipway-go/slipway/postgres"
)

// A lock that nobody holds.
const deadWorker = 12345

func TestWorker_Run_rescues(t *testing.T) {
	t.Parallel()

	t.Run("WhatItsProcessLeft", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		m := w.module()
		jobs.On(m, "close-cart", captured, jobs.Func[payment](mark[payment]))
		w.accept(m, 1)
		w.exec("UPDATE kit_delivery SET state = 'running', attempt = 1, worker = $1, lease_until = now() + interval '1h'", deadWorker)
		w.start(m)
		w.untilState("done", 1)
		if got := w.row(); got.attempt != 2 || got.failures != 1 {
			t.Errorf("it is %+v, want a second attempt after one failure", got)
		}
	})

	t.Run("NothingOfAProcessThatOnlyLostItsConnection", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, manyConns)
		other := postgres.NewLocks(w.db)
		t.Cleanup(other.Close)
		looks := &countedLocks{Locks: postgres.NewLocks(w.db), before: func(n int32) {
			if n == 2 { // the database was started anew, and this process was the first to be back
				if held, err := other.TryLock(t.Context(), deadWorker); err != nil || !held {
					t.Errorf("TryLock() = %t, %v", held, err)
				}
			}
		}}
		t.Cleanup(looks.Close)
		m := w.module(func(c *jobs.Config) { c.Locks = looks })
		jobs.On(m, "close-cart", captured, jobs.Func[payment](mark[payment])).Attempts(1)
		w.accept(m, 1)
		w.exec("UPDATE kit_delivery SET state = 'running', attempt = 1, worker = $1, lease_until = now() + interval '1h'", deadWorker)
		w.start(m)
		w.until("some looks", func() bool { return looks.n.Load() > 4 })
		if got := w.row(); got.state != "running" || got.failures != 0 {
			t.Errorf("it is %+v, want it to run on", got)
		}
		other.Close()
		w.untilState("dead", 1)
		if got := w.row(); got.failures != 1 || got.reason != "its process ended, or lost its connection" {
			t.Errorf("it is %+v, want one failure", got)
		}
	})

	t.Run("WhatEndsItsProcessEachTimeIsDeadAndReportedOnce", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		var m module
		for range 4 {
			m = w.module()
			jobs.On(m, "close-cart", captured, jobs.Func[payment](mark[payment])).Attempts(3)
			w.start(m)
		}
		w.exec(`INSERT INTO kit_delivery (event_id, job, state, attempt, failures, worker, lease_until, type, version, key, traceparent, subject, data, emitted_at)
			SELECT gen_random_uuid(), 'close-cart', 'running', 3, 2, $1, now() + interval '1h', '', 1, '', '', '', '{}', now() FROM generate_series(1, 10)`, deadWorker)
		w.untilState("dead", 10)
		w.until("the reports", func() bool { return len(w.reported()) == 10 })
		if got := w.count("SELECT count(*) FROM effects"); got != 0 {
			t.Errorf("%d effects, want 0", got)
		}
	})

	t.Run("AJobThatItDoesNotKnowOnlyToBeReady", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		m := w.module(nothing)
		jobs.Handle(m, "its-own", jobs.Func[payment](mark[payment]))
		w.exec(`INSERT INTO kit_delivery (event_id, job, state, attempt, failures, worker, lease_until, type, version, key, traceparent, subject, data, emitted_at)
			VALUES (gen_random_uuid(), 'of-another-version', 'running', 3, 100, $1, now() + interval '1h', '', 1, '', '', '', '{}', now())`, deadWorker)
		w.start(m)
		w.untilState("ready", 1)
	})
}

// countedLocks call before in front of each look for others.
type countedLocks struct {
	*postgres.Locks

	n      atomic.Int32
	before func(n int32)
}

func (l *countedLocks) TryLock(ctx context.Context, key int64) (bool, error) {
	l.before(l.n.Add(1))
	return l.Locks.TryLock(ctx, key)
}

func TestWorker_Run_losesItsConnection(t *testing.T) {
	t.Parallel()

	const holders = `SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND (classid::bigint << 32) | objid::bigint = $1`

	t.Run("AndTakesItsLockAgain", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		m := w.module()
		gate := newGate()
		jobs.On(m, "close-cart", captured, processing(gate.held)).Concurrency(1)
		w.start(m)
		w.accept(m, 2)
		<-gate.reached
		var worker int64
		if err := w.db.QueryRow(t.Context(), "SELECT worker FROM kit_delivery WHERE state = 'running'").Scan(&worker); err != nil {
			t.Fatal(err)
		}
		if n := w.count("SELECT count(pg_terminate_backend(pid)) FROM ("+holders+") AS h", worker); n != 1 {
			t.Errorf("%d connections hold the worker's lock, want 1", n)
		}
		w.until("the lock to be held again", func() bool { return w.count("SELECT count(*) FROM ("+holders+") AS h", worker) == 1 })
		close(gate.open)
		w.untilState("done", 2)
		if got := w.count("SELECT count(*) FROM effects"); got != 2 {
			t.Errorf("%d effects, want 2", got)
		}
	})

	t.Run("AndGivesBackWhatItDoesNotKnowThatItHas", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		m := w.module()
		gate := newGate()
		jobs.On(m, "close-cart", captured, processing(gate.held)).Concurrency(2)
		w.start(m)
		w.accept(m, 1)
		<-gate.reached
		w.exec(`INSERT INTO kit_delivery (event_id, job, state, attempt, worker, lease_until, type, version, key, traceparent, subject, data, emitted_at)
			SELECT gen_random_uuid(), job, state, attempt, worker, now() + interval '1h', type, version, key, traceparent, subject, data, emitted_at FROM kit_delivery`)
		w.exec("ALTER TABLE kit_delivery RENAME COLUMN run_at TO away")
		w.until("a claim to fail", func() bool { return w.logged("no jobs can be claimed at the moment") == 1 })
		w.exec("ALTER TABLE kit_delivery RENAME COLUMN away TO run_at")
		close(gate.open)
		w.untilState("done", 2)
		if got := w.count("SELECT max(failures) FROM kit_delivery"); got != 0 {
			t.Errorf("%d failures were counted, want 0", got)
		}
		if got := w.count("SELECT max(attempt) FROM kit_delivery"); got != 2 {
			t.Errorf("the one that was lost had %d claims, want 2", got)
		}
	})

	t.Run("AndAnotherTakesOver", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		m := w.module()
		gate := newGate()
		jobs.On(m, "close-cart", captured, processing(gate.held)).Concurrency(1) // and does not take it again
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- m.Run(ctx) }()
		w.accept(m, 1)
		<-gate.reached

		other := w.module()
		jobs.On(other, "close-cart", captured, jobs.Func[payment](mark[payment]))
		w.exec("UPDATE kit_delivery SET worker = $1", deadWorker) // as after its end: it would take its lock again
		w.start(other)
		w.untilState("done", 1)
		close(gate.open)
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run() = %v", err)
		}
		if got := w.count("SELECT count(*) FROM effects"); got != 1 {
			t.Errorf("%d effects, want 1", got)
		}
	})

	t.Run("OfEveryKindAtOnce", func(t *testing.T) {
		t.Parallel()
		const n = 500
		w := newWorld(t)
		m := w.module()
		jobs.On(m, "close-cart", captured, jobs.Func[payment](mark[payment]))
		for range n / 100 {
			w.accept(m, 100)
		}
		w.start(m)
		w.until("some to be done", func() bool { return w.states("done") > n/10 })
		// Its own pool; the connection of the locks, which others have too, is the subject above.
		if _, err := w.db.Exec(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1 AND pid <> pg_backend_pid()`, w.db.Schema()); err != nil {
			t.Error(err)
		}
		w.until("all to be done", func() bool {
			if got := w.states("done"); got == n {
				return true
			}
			// Those whose end could not be written down wait for their leases.
			w.exec("UPDATE kit_delivery SET lease_until = now() - interval '1s' WHERE lease_until < now() + interval '39s'")
			w.exec("UPDATE kit_delivery SET run_at = now() WHERE state = 'ready'")
			return false
		})
		if got := w.count("SELECT count(*) FROM effects"); got != n {
			t.Errorf("%d effects, want %d", got, n)
		}
	})
}
