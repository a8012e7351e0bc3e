package cart

import (
	"context"

	"github.com/slipway-go/slipway/api"
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

func (s *service) settle(ctx context.Context, in acquiringapi.SettleInput) (api.Empty, error) {
	payment, outcome := in.Body.PaymentID, in.Body.Outcome
	_, err := s.baskets.change(ctx, in.ID, func(ctx context.Context, tx postgres.Tx, b *basket) error {
		if err := b.settle(payment, outcome); err != nil {
			return err
		}
		return keepSettlement(ctx, tx, b.ID, payment, outcome)
	})
	return api.Empty{}, err
}
