package cart_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth/authtest"
	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/modules/acquiring/acquiringapi"
	"github.com/slipway-go/slipway/modules/cart"
	"github.com/slipway-go/slipway/modules/cart/cartapi"
	"github.com/slipway-go/slipway/money"
	"github.com/slipway-go/slipway/problem"
	"github.com/slipway-go/slipway/slipwaytest"
)

func TestMain(m *testing.M) { slipwaytest.Main(m) }

func TestCreate(t *testing.T) {
	t.Parallel()
	ada := slipwaytest.Tx(t, cart.New()).As("customer")

	t.Run("refuses a currency that does not exist", func(t *testing.T) {
		in := cartapi.CreateInput{Body: cartapi.NewCart{Currency: "XQQ"}}
		slipwaytest.Do(ada.In(t), cartapi.Create, in).WantCode(422, "unknown_currency")
	})

	t.Run("opens an empty cart in the shop's currency or another", func(t *testing.T) {
		for currency, want := range map[string]string{"": "EUR", "USD": "USD"} {
			in := cartapi.CreateInput{Body: cartapi.NewCart{Currency: currency}}
			got := slipwaytest.Do(ada.In(t), cartapi.Create, in).Want(201).Body
			if got.Owner != ada.Subject() || got.Status != cartapi.Open || got.Items == nil || len(got.Items) != 0 || got.Total != (money.Money{Currency: want}) {
				t.Errorf("cart = %+v, want an empty one in %s", got, want)
			}
		}
	})
}

func TestAddItem(t *testing.T) {
	t.Parallel()

	t.Run("names a SKU that is not sold", func(t *testing.T) {
		t.Parallel()
		s := newShop(t)
		got := s.add("unicorn", 1).WantCode(422, cartapi.CodeUnknownSKU)
		if !strings.Contains(got.Problem.Detail, "unicorn") || got.Problem.Errors[0].Location != "body.sku" {
			t.Errorf("problem = %+v", got.Problem)
		}
	})

	t.Run("says so when prices cannot be had", func(t *testing.T) {
		t.Parallel()
		for name, in := range map[string]struct {
			fault  slipwaytest.Fault
			status int
		}{
			"down":           {slipwaytest.Down, 503},
			"garbage":        {slipwaytest.Garbage, 502},
			"no price":       {quoting(`{"quotes":[]}`), 500},
			"a price below":  {quoting(`{"quotes":[{"sku":"mug","name":"Mug","price":{"amount":-1,"currency":"EUR"}}]}`), 502},
			"no money":       {quoting(`{"quotes":[{"sku":"mug","name":"Mug","price":{"amount":1.5,"currency":"EUR"}}]}`), 502},
			"what it is not": {slipwaytest.Status(403), 500},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				s := newShop(t)
				slipwaytest.Fail(s.kit, cartapi.Quote, in.fault)
				s.add("mug", 1).Want(in.status)
				if got := s.look(); len(got.Items) != 0 {
					t.Errorf("cart = %+v, want it empty", got)
				}
			})
		}
	})

	t.Run("refuses what is given away, since a cart could not be paid for", func(t *testing.T) {
		t.Parallel()
		s := newShop(t)
		s.prices["sample"] = 0
		got := s.add("sample", 1).Want(502)
		for _, word := range []string{"sample", "0.00 EUR", "more than zero"} {
			if !strings.Contains(got.Problem.Detail, word) {
				t.Errorf("detail = %q, want %q in it", got.Problem.Detail, word)
			}
		}
		if got := s.look(); len(got.Items) != 0 {
			t.Errorf("cart = %+v, want it empty", got)
		}
	})

	t.Run("waits for prices no longer than a request may take", func(t *testing.T) {
		t.Parallel()
		s := newShopWith(t, map[string]string{"SLIPWAY_REQUEST_TIMEOUT": "1s"})
		slipwaytest.Fail(s.kit, cartapi.Quote, slipwaytest.Hang)
		s.add("mug", 1).Want(504)
	})

	t.Run("is for the owner", func(t *testing.T) {
		t.Parallel()
		s := newShop(t)
		eve := s.kit.As("customer")
		slipwaytest.Do(eve, cartapi.AddItem, s.item("mug", 1)).Want(404)
		slipwaytest.Do(eve, cartapi.RemoveItem, cartapi.RemoveItemInput{ID: s.cart, SKU: "mug"}).Want(404)
		another := slipwaytest.Do(eve, cartapi.Get, cartapi.GetInput{ID: s.cart}).Want(404).Problem.Detail
		none := slipwaytest.Do(eve, cartapi.Get, cartapi.GetInput{ID: uuid.Nil}).Want(404).Problem.Detail
		if strings.ReplaceAll(another, s.cart.String(), uuid.Nil.String()) != none {
			t.Errorf("another's cart: %q, none: %q; want no difference", another, none)
		}
	})

	t.Run("adds up, and takes out", func(t *testing.T) {
		t.Parallel()
		s := newShop(t)
		s.add("mug", 1).Want(200)
		s.add("tea", 2).Want(200)
		got := s.add("mug", 2).Want(200).Body
		want := []cartapi.Item{
			{SKU: "mug", Name: "The mug", Quantity: 3, UnitPrice: eur(1250), Total: eur(3750)},
			{SKU: "tea", Name: "The tea", Quantity: 2, UnitPrice: eur(890), Total: eur(1780)},
		}
		if len(got.Items) != 2 || got.Items[0] != want[0] || got.Items[1] != want[1] || got.Total != eur(5530) {
			t.Errorf("cart = %+v, want %+v", got, want)
		}
		got = slipwaytest.Do(s.ada, cartapi.RemoveItem, cartapi.RemoveItemInput{ID: s.cart, SKU: "mug"}).Want(200).Body
		if got.Total != eur(1780) || s.look().Total != eur(1780) {
			t.Errorf("total = %v, want %v", got.Total, eur(1780))
		}
	})
}

func TestClaim(t *testing.T) {
	t.Parallel()

	t.Run("is for acquiring, in the owner's name", func(t *testing.T) {
		t.Parallel()
		s := newShop(t)
		in := claim(s.cart, uuid.New(), eur(0))
		slipwaytest.Do(s.ada, cartapi.ClaimPayable, in).Want(403)
		slipwaytest.Do(s.through("acquiring", uuid.NewString()), cartapi.ClaimPayable, in).Want(404)
		slipwaytest.Do(s.through("catalog", s.ada.Subject()), cartapi.ClaimPayable, in).Want(403)
	})

	t.Run("refuses for a price that has changed, and the cart shows it", func(t *testing.T) {
		t.Parallel()
		s := newShop(t)
		s.add("mug", 2).Want(200)
		s.prices["mug"] = 1300
		got := s.claim(uuid.New(), eur(2500)).WantCode(409, acquiringapi.CodeTotalChanged)
		for _, total := range []string{"25.00 EUR", "26.00 EUR"} {
			if !strings.Contains(got.Problem.Detail, total) {
				t.Errorf("detail = %q, want %s in it", got.Problem.Detail, total)
			}
		}
		if got := s.look(); got.Total != eur(2600) || got.Status != cartapi.Open {
			t.Errorf("cart = %+v, want it open at 26.00", got)
		}
		s.claim(uuid.New(), eur(2600)).Want(200)
	})

	t.Run("refuses for what is given away by now, and keeps the price", func(t *testing.T) {
		t.Parallel()
		s := newShop(t)
		s.add("mug", 1).Want(200)
		s.prices["mug"] = 0
		s.claim(uuid.New(), eur(1250)).Want(502)
		if got := s.look(); got.Total != eur(1250) || got.Status != cartapi.Open {
			t.Errorf("cart = %+v, want it open at 12.50", got)
		}
	})

	t.Run("refuses for what is no longer sold", func(t *testing.T) {
		t.Parallel()
		s := newShop(t)
		s.add("mug", 1).Want(200)
		delete(s.prices, "mug")
		s.claim(uuid.New(), eur(1250)).WantCode(409, cartapi.CodeUnknownSKU)
	})

	t.Run("locks the cart until the payment is settled", func(t *testing.T) {
		t.Parallel()
		s := newShop(t)
		s.add("mug", 1).Want(200)
		payment := uuid.New()
		got := s.claim(payment, eur(1250)).Want(200).Body
		if want := (acquiringapi.Claimed{Owner: s.ada.Subject(), Total: eur(1250)}); got != want {
			t.Errorf("claimed = %+v, want %+v", got, want)
		}
		s.add("mug", 1).WantCode(409, acquiringapi.CodeInProgress)
		s.claim(uuid.New(), eur(1250)).WantCode(409, acquiringapi.CodeInProgress)

		s.prices["mug"] = 1 // the total was agreed to
		s.claim(payment, eur(1250)).Want(200)

		s.settle(payment, acquiringapi.OutcomeFailed).Want(204)
		s.settle(payment, acquiringapi.OutcomeFailed).Want(204)
		if got := s.look().Status; got != cartapi.Open {
			t.Errorf("cart is %s, want open", got)
		}
	})

	t.Run("comes too late after its payment was settled", func(t *testing.T) {
		t.Parallel()
		s := newShop(t)
		s.add("mug", 1).Want(200)
		payment := uuid.New()
		s.settle(payment, acquiringapi.OutcomeFailed).Want(204) // the claim is still on its way
		s.claim(payment, eur(1250)).WantCode(409, acquiringapi.CodeClaimOver)
		if got := s.look().Status; got != cartapi.Open {
			t.Errorf("cart is %s, want open", got)
		}
	})
}

func TestSettle(t *testing.T) {
	t.Parallel()

	t.Run("is for acquiring on its own", func(t *testing.T) {
		t.Parallel()
		s := newShop(t)
		in := settlement(s.cart, uuid.New(), acquiringapi.OutcomeFailed)
		slipwaytest.Do(s.ada, cartapi.SettlePayable, in).Want(403)
		slipwaytest.Do(s.kit.Service("catalog", "cart"), cartapi.SettlePayable, in).Want(403)
	})

	t.Run("closes a cart for ever", func(t *testing.T) {
		t.Parallel()
		s := newShop(t)
		s.add("mug", 1).Want(200)
		payment := uuid.New()
		s.settle(payment, acquiringapi.OutcomeCaptured).WantCode(409, "not_claimed")
		s.claim(payment, eur(1250)).Want(200)
		s.settle(payment, acquiringapi.OutcomeCaptured).Want(204)
		s.settle(payment, acquiringapi.OutcomeCaptured).Want(204)
		s.settle(payment, acquiringapi.OutcomeFailed).Want(409)
		s.add("mug", 1).WantCode(409, acquiringapi.CodeAlreadyPaid)
		s.claim(uuid.New(), eur(1250)).WantCode(409, acquiringapi.CodeAlreadyPaid)
		if got := s.look().Status; got != cartapi.Paid {
			t.Errorf("cart is %s, want paid", got)
		}
	})
}

func TestConfig(t *testing.T) {
	t.Parallel()
	_, err := config.Load[cart.Config](config.New(map[string]string{"CART_CURRENCY": "euro"}), "CART_")
	if err == nil || !strings.Contains(err.Error(), "CART_CURRENCY") {
		t.Errorf("Load = %v, want CART_CURRENCY in it", err)
	}
}

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
	return newShopWith(t, nil)
}

func newShopWith(t *testing.T, settings map[string]string) *shop {
	t.Helper()
	k := slipwaytest.TxWith(t, settings, cart.New())
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

func (s *shop) look() cartapi.Cart {
	s.t.Helper()
	return slipwaytest.Do(s.ada, cartapi.Get, cartapi.GetInput{ID: s.cart}).Want(200).Body
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

func settlement(cart, payment uuid.UUID, outcome acquiringapi.Outcome) acquiringapi.SettleInput {
	return acquiringapi.SettleInput{ID: cart, Body: acquiringapi.Settlement{PaymentID: payment, Outcome: outcome}}
}

func (s *shop) settle(payment uuid.UUID, outcome acquiringapi.Outcome) *slipwaytest.Answer[api.Empty] {
	s.t.Helper()
	return slipwaytest.Do(s.kit.Service("acquiring", "cart"), cartapi.SettlePayable, settlement(s.cart, payment, outcome))
}

func eur(amount int64) money.Money { return money.Money{Amount: amount, Currency: "EUR"} }
