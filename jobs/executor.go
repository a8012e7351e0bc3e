package jobs

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/slipway-go/slipway/internal/failpoint"
)

// pollInterval is how often a worker looks for deliveries of which it was not told:
// those that another process made, and those whose time has come.
const pollInterval = 500 * time.Millisecond

// errDraining is why the context of an attempt ends when the process does.
var errDraining = errors.New("the process is ending")

// An executor fills the slots of a worker, on one goroutine.
type executor struct {
	*Worker

	slots *slots
	held  map[*Attempt]*lane // what runs; an attempt that was overtaken may have a row in common with another
	ended chan *Attempt
	// broken: the last claim failed.
	broken bool
}

// execute claims and performs until ctx is done, and drains.
func (w *Worker) execute(ctx context.Context) {
	e := &executor{
		Worker: w, slots: newSlots(w.cfg.Concurrency, w.sorted()),
		held: map[*Attempt]*lane{}, ended: make(chan *Attempt, w.cfg.Concurrency),
	}
	work, cut := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cut(nil)
	e.fill(ctx, work)
	failpoint.Hit(ctx, "drain.begun")
	e.drain(cut)
}

func (e *executor) fill(ctx, work context.Context) {
	poll := time.NewTimer(0)
	defer poll.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case a := <-e.ended:
			e.free(a)
			e.collect()
		case <-e.woken:
			e.slots.wake()
		case <-poll.C:
			e.slots.wake()
			poll.Reset(pollInterval*3/4 + rand.N(pollInterval/2)) //nolint:gosec // jitter is no secret
		}
		for e.begin(ctx, work) {
			continue
		}
	}
}

// collect frees the slots of all that has ended meanwhile, so that one claim fills them.
func (e *executor) collect() {
	for {
		select {
		case a := <-e.ended:
			e.free(a)
		default:
			return
		}
	}
}

func (e *executor) free(a *Attempt) {
	e.slots.release(e.held[a])
	delete(e.held, a)
}

// begin claims what there is and starts it, and reports whether there may be more.
func (e *executor) begin(ctx, work context.Context) bool {
	offers := e.slots.offers()
	if len(offers) == 0 || !e.alive.Load() || ctx.Err() != nil {
		return false
	}
	attempts, err := e.claimWithin(work, offers)
	e.note(ctx, err)
	if err != nil {
		e.slots.starve()
		return false
	}
	if len(attempts) > 0 {
		failpoint.Hit(ctx, "job.claimed")
	}
	for _, o := range offers {
		n := 0
		for _, a := range attempts {
			if a.job == o.lane.job {
				n++
				e.held[a] = o.lane
				go e.occupy(work, a)
			}
		}
		e.slots.take(o, n)
	}
	return len(attempts) > 0
}

// claimWithin does not end with the process: what is claimed while it is told to stop is
// ours, and drained.
func (e *executor) claimWithin(work context.Context, offers []offer) ([]*Attempt, error) {
	ctx, cancel := context.WithTimeout(work, grace/2)
	defer cancel()
	if e.broken {
		if err := e.unclaim(ctx, e.held); err != nil {
			return nil, err
		}
	}
	return e.claim(ctx, offers)
}

func (e *executor) occupy(ctx context.Context, a *Attempt) {
	defer func() { e.ended <- a }()
	_ = e.perform(ctx, a) // settled
}

// note says once that claims fail, and once that they work again.
func (e *executor) note(ctx context.Context, err error) {
	switch {
	case err != nil && !e.broken && ctx.Err() == nil:
		e.cfg.Logger.WarnContext(ctx, "no jobs can be claimed at the moment", "error", err)
	case err == nil && e.broken:
		e.cfg.Logger.InfoContext(ctx, "jobs can be claimed again")
	}
	e.broken = err != nil
}

// drain waits for what runs, and after a while has it cut short. From then on an
// attempt has no more than the grace for deaf ones.
func (e *executor) drain(cut context.CancelCauseFunc) {
	soft := time.NewTimer(e.cfg.DrainTimeout)
	defer soft.Stop()
	for e.slots.busy > 0 {
		select {
		case a := <-e.ended:
			e.free(a)
		case <-soft.C:
			cut(errDraining)
		}
	}
}

// sleep waits, and reports whether ctx is still good.
func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}
