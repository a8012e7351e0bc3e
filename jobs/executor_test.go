package jobs_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/slipway-go/slipway/events"
	"github.com/slipway-go/slipway/jobs"
	"github.com/slipway-go/slipway/postgres"
)

// A gate holds up whoever comes to it until it opens.
type gate struct {
	reached chan struct{}
	open    chan struct{}
}

func newGate() gate { return gate{make(chan struct{}, 1000), make(chan struct{})} }

// pass waits, whatever becomes of the context.
func (g gate) pass() {
	g.reached <- struct{}{}
	<-g.open
}

// held is a job that waits at the gate and ignores its context.
func (g gate) held(_ context.Context, d jobs.Delivery[payment]) (jobs.Effect, error) {
	g.pass()
	return marking(d), nil
}

func manyConns(c *postgres.Config) { c.MaxConns = 20 }

func TestWorker_Run_aHundredTimesAtOnce(t *testing.T) {
	t.Parallel()
	const workers, n = 16, 100
	w := newWorld(t, manyConns)
	var first module
	for i := range workers {
		m := w.module()
		jobs.On(m, "close-cart", captured, processing(func(_ context.Context, d jobs.Delivery[payment]) (jobs.Effect, error) {
			if d.Attempt == 1 && d.EventID[0]%4 == 0 {
				return nil, jobs.RetryAfter(0, fmt.Errorf("refused by worker %d", i))
			}
			return marking(d), nil
		}))
		jobs.On(m, "thank", captured, jobs.Func[payment](mark[payment]))
		w.start(m)
		first = m
	}
	var batch []events.Message
	for range n {
		batch = append(batch, message(captured, `{"amount":7}`))
	}
	var all sync.WaitGroup
	for range 10 { // each event arrives ten times
		all.Go(func() { w.bring(first, batch...) })
	}
	all.Wait()
	w.untilState("done", 2*n)
	if got := w.count("SELECT count(*) FROM (SELECT FROM effects GROUP BY event, job HAVING count(*) = 1) AS once"); got != 2*n {
		t.Errorf("%d pairs of event and job took effect exactly once, want %d", got, 2*n)
	}
	if got := w.count("SELECT count(*) FROM effects"); got != 2*n {
		t.Errorf("%d effects, want %d", got, 2*n)
	}
}

func TestWorker_Run_overtaken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	gate := newGate()
	var attempts atomic.Int32
	slow := processing(func(ctx context.Context, d jobs.Delivery[payment]) (jobs.Effect, error) {
		if attempts.Add(1) == 1 {
			return gate.held(ctx, d)
		}
		return marking(d), nil
	})
	m := w.module()
	jobs.On(m, "close-cart", captured, slow)
	w.start(m)
	w.accept(m, 1)
	<-gate.reached
	w.exec("UPDATE kit_delivery SET lease_until = now() - interval '1s'") // as after a long pause of the whole process
	w.untilState("done", 1)
	close(gate.open)
	w.until("the first attempt to end", func() bool { return w.logged("job overtaken by another attempt") == 1 })
	if got := w.count("SELECT count(*) FROM effects"); got != 1 {
		t.Errorf("%d effects, want that of the second attempt", got)
	}
	if got := w.row(); got.state != "done" || got.attempt != 2 || got.failures != 1 {
		t.Errorf("it is %+v, want it done by the second attempt", got)
	}
}

func TestWorker_Run_deaf(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	gate := newGate()
	m := w.module()
	jobs.On(m, "close-cart", captured, processing(func(ctx context.Context, d jobs.Delivery[payment]) (jobs.Effect, error) {
		if d.Data.Amount == 0 {
			return gate.held(ctx, d)
		}
		return marking(d), nil
	})).Concurrency(1).Timeout(3 * time.Second).Attempts(1)
	w.start(m)
	w.bring(m, message(captured, `{"amount":0}`), message(captured, `{"amount":7}`))
	w.untilState("dead", 1)
	w.untilState("done", 1) // the only slot is free again
	close(gate.open)
	w.until("the attempt to end", func() bool { return w.logged("job failed") == 1 })
	if got := w.count("SELECT count(*) FROM effects"); got != 1 {
		t.Errorf("%d effects, want none of the job that was left alone", got)
	}
	if got := w.reported(); len(got) != 1 {
		t.Errorf("reported %v, want the job that did not end", got)
	}
}

func TestWorker_Run_concurrency(t *testing.T) {
	t.Parallel()

	t.Run("OfAJobAndOfTheModule", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		m := w.module(func(c *jobs.Config) { c.Concurrency = 5 })
		gates := map[string]gate{"close-cart": newGate(), "thank": newGate()}
		for name, limit := range map[string]int{"close-cart": 3, "thank": 4} {
			jobs.On(m, name, captured, processing(gates[name].held)).Concurrency(limit)
		}
		w.start(m)
		w.accept(m, 10)
		w.untilState("running", 5)
		time.Sleep(50 * time.Millisecond) // for more, which must not come
		if got := w.states("running"); got != 5 {
			t.Errorf("%d are running, want 5", got)
		}
		for name, limit := range map[string]int{"close-cart": 3, "thank": 4} {
			if got := len(gates[name].reached); got > limit || got == 0 {
				t.Errorf("%d of %s are running, want some, and %d at most", got, name, limit)
			}
			close(gates[name].open)
		}
		w.untilState("done", 20)
	})

	t.Run("ABacklogOfOneJobDoesNotHoldUpAnother", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		m := w.module(func(c *jobs.Config) { c.Concurrency, c.Subscribes = 2, append(c.Subscribes, refunded.Declared()) })
		gate := newGate()
		jobs.On(m, "close-cart", captured, processing(gate.held))
		jobs.On(m, "regret", refunded, jobs.Func[payment](mark[payment]))
		for range 10 {
			w.accept(m, events.MaxBatch)
		}
		w.start(m)
		<-gate.reached
		<-gate.reached // all slots are taken
		for range 5 {
			w.bring(m, message(refunded, `{"amount":7}`))
		}
		w.untilState("done", 5)
		close(gate.open)
	})
}

func TestWorker_Run_drains(t *testing.T) {
	t.Parallel()

	t.Run("WhatIsAlmostDoneIsFinished", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		m := w.module()
		gate := newGate()
		jobs.On(m, "close-cart", captured, processing(gate.held)).Concurrency(1)
		stop := w.start(m)
		w.accept(m, 2)
		<-gate.reached
		time.AfterFunc(50*time.Millisecond, func() { close(gate.open) })
		stop()
		if got := w.states("done"); got != 1 {
			t.Errorf("%d are done, want the one that ran", got)
		}
		if got := w.count("SELECT count(*) FROM kit_delivery WHERE state = 'ready' AND attempt = 0"); got != 1 {
			t.Errorf("%d are untouched, want the other", got)
		}
	})

	for name, deaf := range map[string]bool{"WhatTakesLongerIsHandedBack": false, "AndWhatDoesNotEndIsToo": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			m := w.module(func(c *jobs.Config) { c.DrainTimeout = 50 * time.Millisecond })
			gate := newGate()
			defer close(gate.open)
			jobs.On(m, "close-cart", captured, processing(func(ctx context.Context, d jobs.Delivery[payment]) (jobs.Effect, error) {
				gate.reached <- struct{}{}
				if deaf {
					<-gate.open
				}
				<-ctx.Done()
				return nil, context.Cause(ctx)
			}))
			stop := w.start(m)
			w.accept(m, 1)
			<-gate.reached
			stop()
			if got := w.row(); got.state != "ready" || got.failures != 0 || got.reason != "" || got.pause > 0 {
				t.Errorf("it is %+v, want it ready without a failure", got)
			}
			if got := w.logged("job failed"); got != 0 {
				t.Errorf("%d failures were logged, want 0", got)
			}
		})
	}
}
