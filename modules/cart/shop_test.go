package cart_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth/authtest"
	"github.com/slipway-go/slipway/modules/acquiring/acquiringapi"
	"github.com/slipway-go/slipway/modules/cart"
	"github.com/slipway-go/slipway/modules/cart/cartapi"
	"github.com/slipway-go/slipway/money"
	"github.com/slipway-go/slipway/problem"
	"github.com/slipway-go/slipway/slipwaytest"
)

// A shop is a cart of Ada's with a neighbour that knows prices.
type shop struct {
	t      *testing.T
	kit    *slipwaytest.Kit
	ada    *slipwaytest.Kit
	cart   uuid.UUID
	prices prices
}

func newShop(t *testing.T) *shop {
	t.Helper()
	return openShop(t, slipwaytest.Tx(t, cart.New()))
}

func openShop(t *testing.T, k *slipwaytest.Kit) *shop {
	t.Helper()
	s := &shop{t: t, kit: k, ada: k.As("customer"), prices: prices{"mug": 1250, "tea": 890}}
	slipwaytest.Serve(k, cartapi.Quote, s.prices.quote)
	s.cart = slipwaytest.Do(s.ada, cartapi.Create, cartapi.CreateInput{}).Want(201).Body.ID
	return s
}

// prices are in euro cents, by SKU.
type prices map[string]int64

// quote is what the module that knows prices answers.
func (p prices) quote(_ context.Context, in cartapi.QuoteInput) (cartapi.Quotes, error) {
	var quotes cartapi.Quotes
	for _, sku := range in.SKUs {
		amount, ok := p[sku]
		if !ok {
			return quotes, problem.Unprocessable("there is no %s", sku).WithCode(cartapi.CodeUnknownSKU)
		}
		quotes.Quotes = append(quotes.Quotes, cartapi.Quotation{SKU: sku, Name: "The " + sku, Price: eur(amount)})
	}
	return quotes, nil
}

// quoting is a success that says what no contract allows.
func quoting(body string) slipwaytest.Fault {
	return slipwaytest.Answering(http.StatusOK, "application/json", body)
}

func (s *shop) item(sku string, quantity int64) cartapi.AddItemInput {
	return cartapi.AddItemInput{ID: s.cart, Body: cartapi.NewItem{SKU: sku, Quantity: quantity}}
}

func (s *shop) add(sku string, quantity int64) *slipwaytest.Answer[cartapi.Cart] {
	s.t.Helper()
	return slipwaytest.Do(s.ada, cartapi.AddItem, s.item(sku, quantity))
}

func (s *shop) remove(sku string) *slipwaytest.Answer[cartapi.Cart] {
	s.t.Helper()
	return slipwaytest.Do(s.ada, cartapi.RemoveItem, cartapi.RemoveItemInput{ID: s.cart, SKU: sku})
}

func (s *shop) look() cartapi.Cart {
	s.t.Helper()
	return slipwaytest.Do(s.ada, cartapi.Get, cartapi.GetInput{ID: s.cart}).Want(200).Body
}

// wantCart checks what Ada sees of her cart.
func (s *shop) wantCart(status cartapi.Status, total money.Money) {
	s.t.Helper()
	if got := s.look(); got.Status != status || got.Total != total {
		s.t.Errorf("the cart is %s at %s, want it %s at %s", got.Status, got.Total, status, total)
	}
}

// through is a user in whose name a service asks.
func (s *shop) through(service, subject string) *slipwaytest.Kit {
	return s.kit.Claims(authtest.User(subject).Through(service).For("cart"))
}

func claim(cart, payment uuid.UUID, amount money.Money) acquiringapi.ClaimInput {
	return acquiringapi.ClaimInput{ID: cart, Body: acquiringapi.ClaimRequest{PaymentID: payment, Amount: amount}}
}

func (s *shop) claim(payment uuid.UUID, amount money.Money) *slipwaytest.Answer[acquiringapi.Claimed] {
	s.t.Helper()
	return slipwaytest.Do(s.through("acquiring", s.ada.Subject()), cartapi.ClaimPayable, claim(s.cart, payment, amount))
}

func releasing(cart, payment uuid.UUID) acquiringapi.ReleaseInput {
	return acquiringapi.ReleaseInput{ID: cart, Body: acquiringapi.Released{PaymentID: payment}}
}

func (s *shop) release(payment uuid.UUID) *slipwaytest.Answer[api.Empty] {
	s.t.Helper()
	return slipwaytest.Do(s.kit.Service("acquiring", "cart"), cartapi.ReleasePayable, releasing(s.cart, payment))
}

// captured is what acquiring says of a payment of what is in the cart.
func (s *shop) captured(payment uuid.UUID) acquiringapi.PaymentCaptured {
	return acquiringapi.PaymentCaptured{PaymentID: payment, PayableID: s.cart, Owner: s.ada.Subject(), Amount: eur(1250), CapturedAt: time.Now()}
}

// capture tells that the money of a payment is ours.
func (s *shop) capture(payment uuid.UUID) {
	s.t.Helper()
	slipwaytest.Deliver(s.kit, acquiringapi.Captured, payment.String(), s.captured(payment))
}

func eur(amount int64) money.Money { return money.Money{Amount: amount, Currency: "EUR"} }
