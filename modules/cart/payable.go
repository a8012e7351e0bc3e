package cart

import (
	"context"
	"errors"
	"net/http"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/jobs"
	"github.com/slipway-go/slipway/modules/acquiring/acquiringapi"
	"github.com/slipway-go/slipway/modules/cart/cartapi"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/problem"
)

// claim locks a cart for a payment, at the prices of this moment.
func (s *service) claim(ctx context.Context, in acquiringapi.ClaimInput) (acquiringapi.Claimed, error) {
	b, err := s.mine(ctx, in.ID)
	if err != nil {
		return acquiringapi.Claimed{}, err
	}
	if b.Status == cartapi.Open {
		if err := s.reprice(ctx, b); err != nil {
			return acquiringapi.Claimed{}, err
		}
	}
	b, err = s.baskets.change(ctx, in.ID, func(ctx context.Context, tx postgres.Tx, b *basket) error {
		over, err := settled(ctx, tx, in.Body.PaymentID)
		if err != nil {
			return err
		}
		if over {
			return problem.Conflict("this payment was settled before").WithCode(acquiringapi.CodeClaimOver)
		}
		return b.claim(in.Body.PaymentID, in.Body.Amount)
	})
	if err != nil {
		return acquiringapi.Claimed{}, err
	}
	total, err := b.total()
	return acquiringapi.Claimed{Owner: b.Owner, Total: total}, err
}

// reprice stores the prices of this moment in a change of its own: they stay
// also when the claim is refused for them, so that the owner sees the new total.
func (s *service) reprice(ctx context.Context, b *basket) error {
	quotes, err := s.quoteAll(ctx, b)
	if err != nil || !b.outdated(quotes) {
		return err
	}
	_, err = s.baskets.change(ctx, b.ID, func(_ context.Context, _ postgres.Tx, b *basket) error { return b.reprice(quotes) })
	return err
}

// release opens a cart again whose payment has come to nothing.
func (s *service) release(ctx context.Context, in acquiringapi.ReleaseInput) (api.Empty, error) {
	payment := in.Body.PaymentID
	_, err := s.baskets.change(ctx, in.ID, func(ctx context.Context, tx postgres.Tx, b *basket) error {
		if err := b.release(payment); err != nil {
			return err
		}
		return keepSettlement(ctx, tx, b.ID, payment, "failed")
	})
	return api.Empty{}, err
}

// closeCart is the job that closes a cart which has been paid for.
type closeCart struct{ baskets baskets }

var _ jobs.Handler[acquiringapi.PaymentCaptured] = closeCart{}

// IsTriggered implements jobs.Handler: what was paid for need not be a cart.
func (c closeCart) IsTriggered(ctx context.Context, d jobs.Delivery[acquiringapi.PaymentCaptured]) (jobs.Decision, error) {
	_, err := c.baskets.get(ctx, d.Data.PayableID)
	if p, ok := errors.AsType[*problem.Error](err); ok && p.Status() == http.StatusNotFound {
		return jobs.Skip("what was paid for is no cart"), nil
	}
	return jobs.Triggered, err
}

// Process implements jobs.Handler.
func (c closeCart) Process(_ context.Context, d jobs.Delivery[acquiringapi.PaymentCaptured]) (jobs.Effect, error) {
	payment := d.Data.PaymentID
	return func(ctx context.Context, tx postgres.Tx) error {
		_, err := c.baskets.changeIn(ctx, tx, d.Data.PayableID, func(ctx context.Context, tx postgres.Tx, b *basket) error {
			if err := b.close(payment); err != nil {
				return err
			}
			return keepSettlement(ctx, tx, b.ID, payment, "captured")
		})
		return err
	}, nil
}
