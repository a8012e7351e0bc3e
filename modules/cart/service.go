package cart

import (
	"cmp"
	"context"

	"github.com/google/uuid"

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
	b, err := s.mine(ctx, in.ID)
	if err != nil {
		return cartapi.Cart{}, err
	}
	return b.public()
}

// mine returns a cart of whoever asks. Nothing tells another's cart from none.
func (s *service) mine(ctx context.Context, id uuid.UUID) (*basket, error) {
	b, err := s.baskets.get(ctx, id)
	if err != nil {
		return nil, err
	}
	if err := auth.Own(ctx, b.Owner); err != nil {
		return nil, noCart(id).Wrap(err)
	}
	return b, nil
}

func noCart(id uuid.UUID) *problem.Error {
	return problem.NotFound("there is no cart %s, or it is not yours", id)
}

// addItem asks for the price before it locks the cart: a neighbour that is slow
// must not hold a row.
func (s *service) addItem(ctx context.Context, in cartapi.AddItemInput) (cartapi.Cart, error) {
	b, err := s.mine(ctx, in.ID)
	if err != nil {
		return cartapi.Cart{}, err
	}
	if err := b.mayChange(); err != nil {
		return cartapi.Cart{}, err
	}
	quote, err := s.quoteOne(ctx, in.Body.SKU)
	if err != nil {
		return cartapi.Cart{}, err
	}
	return s.change(ctx, in.ID, func(b *basket) error { return b.add(quote, in.Body.Quantity) })
}

func (s *service) removeItem(ctx context.Context, in cartapi.RemoveItemInput) (cartapi.Cart, error) {
	if _, err := s.mine(ctx, in.ID); err != nil {
		return cartapi.Cart{}, err
	}
	return s.change(ctx, in.ID, func(b *basket) error { return b.remove(in.SKU) })
}

// change changes a cart by its rules alone and shows it.
func (s *service) change(ctx context.Context, id uuid.UUID, f func(*basket) error) (cartapi.Cart, error) {
	b, err := s.baskets.change(ctx, id, func(_ context.Context, _ postgres.Tx, b *basket) error { return f(b) })
	if err != nil {
		return cartapi.Cart{}, err
	}
	return b.public()
}
