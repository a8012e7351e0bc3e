package cart

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/modules/cart/cartapi"
	"github.com/slipway-go/slipway/money"
	"github.com/slipway-go/slipway/problem"
)

// quote asks for the prices of SKUs, all in one call, and believes no answer
// that leaves one out or gives one away.
func (s *service) quote(ctx context.Context, skus ...string) ([]cartapi.Quotation, error) {
	got, err := api.Call(ctx, s.prices, cartapi.Quote, cartapi.QuoteInput{SKUs: skus})
	if err != nil {
		return nil, fmt.Errorf("ask for prices: %w", err)
	}
	for _, sku := range skus {
		i := slices.IndexFunc(got.Quotes, func(q cartapi.Quotation) bool { return q.SKU == sku })
		if i < 0 {
			return nil, fmt.Errorf("ask for prices: %s gave none for %s", s.prices.ModuleName(), sku)
		}
		if price := got.Quotes[i].Price; price.Amount < 1 {
			return nil, noPrice(sku, price).Wrap(fmt.Errorf("%s broke the contract of cartapi.Quote", s.prices.ModuleName()))
		}
	}
	return got.Quotes, nil
}

// noPrice refuses what is given away: nobody can pay for a cart whose total is
// zero, so it would stay open for ever.
func noPrice(sku string, price money.Money) *problem.Error {
	return problem.BadGateway("%s cannot be bought: the shop prices it at %s, and a price is more than zero", sku, price)
}

// quoteOne is quote for what somebody wants to put into a cart.
func (s *service) quoteOne(ctx context.Context, sku string) (cartapi.Quotation, error) {
	quotes, err := s.quote(ctx, sku)
	if refusal, ok := unknownSKU(err); ok {
		return cartapi.Quotation{}, problem.Unprocessable("%s", refusal.Detail()).
			WithCode(cartapi.CodeUnknownSKU).WithField("body.sku", "expected the sku of a product")
	}
	if err != nil {
		return cartapi.Quotation{}, err
	}
	return quotes[slices.IndexFunc(quotes, func(q cartapi.Quotation) bool { return q.SKU == sku })], nil
}

// quoteAll is quote for what lies in a cart about to be paid for.
func (s *service) quoteAll(ctx context.Context, b *basket) ([]cartapi.Quotation, error) {
	if len(b.Items) == 0 {
		return nil, nil
	}
	quotes, err := s.quote(ctx, b.skus()...)
	if refusal, ok := unknownSKU(err); ok {
		return nil, problem.Conflict("something in this cart is no longer sold: %s; take it out", refusal.Detail()).WithCode(cartapi.CodeUnknownSKU)
	}
	return quotes, err
}

func unknownSKU(err error) (*problem.Error, bool) {
	refusal, ok := api.Refused(err)
	return refusal, ok && refusal.Status() == http.StatusUnprocessableEntity && refusal.Code() == cartapi.CodeUnknownSKU
}
