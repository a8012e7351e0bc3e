package cart

import (
	"cmp"
	"context"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/modules/cart/cartapi"
	"github.com/slipway-go/slipway/money"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/problem"
)

type service struct {
	cfg     Config
	baskets baskets
	prices  api.Caller
}

func (s *service) create(ctx context.Context, in cartapi.CreateInput) (cartapi.Cart, error) {
	who, ok := auth.PrincipalFrom(ctx)
	if !ok {
		return cartapi.Cart{}, problem.Unauthorized("a cart needs an owner")
	}
	currency := cmp.Or(in.Body.Currency, s.cfg.Currency)
	if _, err := money.New(0, currency); err != nil {
		return cartapi.Cart{}, problem.Unprocessable("%v", err).WithCode("unknown_currency").WithField("body.currency", "expected an ISO 4217 code such as EUR")
	}
	b, err := s.baskets.create(ctx, who.Subject, currency)
	if err != nil {
		return cartapi.Cart{}, err
	}
	return b.public()
}

func (s *service) get(ctx context.Context, in cartapi.GetInput) (cartapi.Cart, error) {
	b, err := s.baskets.get(ctx, in.ID)
	if err != nil {
		return cartapi.Cart{}, err
	}
	if err := auth.Own(ctx, b.Owner); err != nil {
		return cartapi.Cart{}, err
	}
	return b.public()
}

// addItem asks for the price before it locks the cart: a neighbour that is slow
// must not hold a row.
func (s *service) addItem(ctx context.Context, in cartapi.AddItemInput) (cartapi.Cart, error) {
	b, err := s.baskets.get(ctx, in.ID)
	if err != nil {
		return cartapi.Cart{}, err
	}
	if err := auth.Own(ctx, b.Owner); err != nil {
		return cartapi.Cart{}, err
	}
	if err := b.mayChange(); err != nil {
		return cartapi.Cart{}, err
	}
	quote, err := s.quoteOne(ctx, in.Body.SKU)
	if err != nil {
		return cartapi.Cart{}, err
	}
	b, err = s.baskets.change(ctx, in.ID, func(_ context.Context, _ postgres.Tx, b *basket) error {
		return b.add(quote, in.Body.Quantity)
	})
	if err != nil {
		return cartapi.Cart{}, err
	}
	return b.public()
}

func (s *service) removeItem(ctx context.Context, in cartapi.RemoveItemInput) (cartapi.Cart, error) {
	b, err := s.baskets.change(ctx, in.ID, func(ctx context.Context, _ postgres.Tx, b *basket) error {
		if err := auth.Own(ctx, b.Owner); err != nil {
			return err
		}
		return b.remove(in.SKU)
	})
	if err != nil {
		return cartapi.Cart{}, err
	}
	return b.public()
}
