package acquiring

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/slipway-go/slipway/modules/acquiring/acquiringapi"
	"github.com/slipway-go/slipway/telemetry"
)

// atOnce is how many payments the collector takes up together: all at the same
// time, so that each has the time of its lease.
const atOnce = 10

// collect finishes what requests could not, until ctx is done.
func (s *service) collect(ctx context.Context) error {
	tick := time.NewTicker(s.cfg.LookEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			s.pass(ctx)
		}
	}
}

// pass takes up all that is due: payments that nobody waits for, such as refused
// ones, must not hold up the others.
func (s *service) pass(ctx context.Context) {
	for more := true; more; {
		more = s.batch(ctx) == atOnce && ctx.Err() == nil
	}
}

// batch takes up some of what is due, brings each payment a step further and
// returns how many there were. It is finished also when the process is told to
// stop: that takes less time than the lease which it would leave behind.
func (s *service) batch(ctx context.Context) int {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), acquiringapi.Timeout)
	defer cancel()
	due, err := s.payments.takeUpDue(ctx, atOnce)
	if err != nil {
		s.logger.WarnContext(ctx, "unfinished payments not found", "error", err)
		return 0
	}
	var wg sync.WaitGroup
	for _, p := range due {
		wg.Go(func() { s.finish(ctx, p) })
	}
	wg.Wait()
	return len(due)
}

func (s *service) finish(ctx context.Context, p payment) {
	ctx, span := telemetry.Round(ctx, "resolve payment")
	defer span.End()
	p, err := s.resolve(ctx, p)
	switch {
	case errors.Is(err, errOvertaken):
	case err != nil:
		span.Fail(err.Error())
		s.logger.WarnContext(ctx, "payment not resolved; it will be tried again", "payment_id", p.ID, "status", p.Status, "error", err)
	case p.over():
		s.release(ctx, p)
	}
}

// resolve brings a payment to its end, if that can be known.
func (s *service) resolve(ctx context.Context, p payment) (payment, error) {
	switch p.Status {
	case acquiringapi.StatusCreated: // its request died before the charge
		return s.payments.move(ctx, p, abandoned, string(abandoned))
	case acquiringapi.StatusPending:
		return s.lookUp(ctx, p)
	case acquiringapi.StatusCaptured: // an earlier version died before it told anybody
		return s.announce(ctx, p)
	case acquiringapi.StatusDeclined, acquiringapi.StatusFailed:
	}
	return p, nil
}

func (s *service) announce(ctx context.Context, p payment) (payment, error) {
	told, err := s.payments.announce(ctx, p)
	if err != nil {
		return p, err
	}
	s.logger.InfoContext(ctx, "payment of an earlier version announced", "payment_id", p.ID, "cart_id", p.CartID)
	return told, nil
}

func (s *service) lookUp(ctx context.Context, p payment) (payment, error) {
	asked, cancel := context.WithTimeout(ctx, s.cfg.ChargeTimeout)
	defer cancel()
	result, err := s.provider.Lookup(asked, p.ID)
	if err != nil {
		return p, errors.Join(err, s.payments.leave(ctx, p, p.pause()))
	}
	return s.conclude(ctx, p, result)
}
