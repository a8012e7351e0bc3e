package main

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/examples/shop/catalog/catalogapi"
	"github.com/slipway-go/slipway/examples/shop/receipts/receiptsapi"
	"github.com/slipway-go/slipway/modules/acquiring/acquiringapi"
	"github.com/slipway-go/slipway/modules/acquiring/simulator"
	"github.com/slipway-go/slipway/modules/cart/cartapi"
	"github.com/slipway-go/slipway/money"
	"github.com/slipway-go/slipway/slipwaytest"
)

func TestMain(m *testing.M) { slipwaytest.Main(m, modules()...) }

// inEveryDeployment runs the test in one binary and as services.
func inEveryDeployment(t *testing.T, test func(t *testing.T, s *shop)) {
	t.Helper()
	t.Parallel()
	slipwaytest.Deployments(t, modules(), func(t *testing.T, k *slipwaytest.Kit) { test(t, &shop{t, k}) })
}

// step is a subtest against the same deployment.
func (s *shop) step(t *testing.T, name string, test func(t *testing.T, s *shop)) {
	t.Run(name, func(t *testing.T) { test(t, &shop{t, s.kit.In(t)}) })
}

// A shop is a deployment with the steps of a purchase.
type shop struct {
	t   *testing.T
	kit *slipwaytest.Kit
}

func (s *shop) fill(buyer *slipwaytest.Kit, sku string, quantity int64) cartapi.Cart {
	s.t.Helper()
	c := slipwaytest.Do(buyer, cartapi.Create, cartapi.CreateInput{}).Want(201).Body
	return slipwaytest.Do(buyer, cartapi.AddItem, adding(c.ID, sku, quantity)).Want(200).Body
}

func adding(cart uuid.UUID, sku string, quantity int64) cartapi.AddItemInput {
	return cartapi.AddItemInput{ID: cart, Body: cartapi.NewItem{SKU: sku, Quantity: quantity}}
}

func (s *shop) pay(buyer *slipwaytest.Kit, c cartapi.Cart, card, key string) *slipwaytest.Answer[acquiringapi.Payment] {
	return s.payAmount(buyer, c.ID, c.Total, card, key)
}

func (s *shop) payAmount(buyer *slipwaytest.Kit, cart uuid.UUID, amount money.Money, card, key string) *slipwaytest.Answer[acquiringapi.Payment] {
	s.t.Helper()
	return slipwaytest.Do(buyer, acquiringapi.Create, acquiringapi.CreateInput{
		Body: acquiringapi.Order{CartID: cart, Amount: amount, Card: card},
	}, slipwaytest.Key(key))
}

func (s *shop) cart(buyer *slipwaytest.Kit, id uuid.UUID) cartapi.Cart {
	s.t.Helper()
	return slipwaytest.Do(buyer, cartapi.Get, cartapi.GetInput{ID: id}).Want(200).Body
}

// charges counts what the acquirer has booked for a cart.
func (s *shop) charges(cart uuid.UUID) int {
	s.t.Helper()
	return s.count("acquiring", `SELECT count(*) FROM acquiring.simulated_charges WHERE reference = $1 AND approved`, cart)
}

// closed waits until the job of the cart has closed it.
func (s *shop) closed(buyer *slipwaytest.Kit, id uuid.UUID) {
	s.t.Helper()
	s.eventually("the cart is closed", func() bool { return s.cart(buyer, id).Status == cartapi.Paid })
}

// receipts counts those of a cart.
func (s *shop) receipts(cart uuid.UUID) int {
	s.t.Helper()
	return s.count("receipts", `SELECT count(*) FROM receipts.receipts WHERE payable_id = $1`, cart)
}

// wantBookComplete waits until every captured payment has a receipt, and looks whether that
// is one, and whether they are numbered without gaps.
func (s *shop) wantBookComplete() {
	s.t.Helper()
	captured := func() int {
		return s.count("acquiring", `SELECT count(*) FROM acquiring.payments WHERE status = 'captured'`)
	}
	written := func() int { return s.count("receipts", `SELECT count(*) FROM receipts.receipts`) }
	s.eventually("every captured payment has a receipt", func() bool { return written() >= captured() })
	payments := s.count("receipts", `SELECT count(DISTINCT payment_id) FROM receipts.receipts`)
	last := s.count("receipts", `SELECT coalesce(max(number), 0) FROM receipts.receipts`)
	if n := captured(); written() != n || payments != n || last != n {
		s.t.Errorf("%d payments were captured, and %d receipts of %d payments are numbered up to %d", n, written(), payments, last)
	}
}

// count returns the one number of a query in a module's database.
func (s *shop) count(module, sql string, args ...any) int {
	s.t.Helper()
	c, err := pgx.Connect(s.t.Context(), s.kit.Database(module))
	if err != nil {
		s.t.Fatal(err)
	}
	defer c.Close(s.t.Context()) //nolint:errcheck // the statement's error counts
	var n int
	if err := c.QueryRow(s.t.Context(), sql, args...).Scan(&n); err != nil {
		s.t.Fatal(err)
	}
	return n
}

// eventually repeats a look until it is satisfied: for what happens behind.
func (s *shop) eventually(what string, look func() bool) {
	s.t.Helper()
	s.eventuallyOr(what, look, func() {})
}

// eventuallyOr tells, before it fails, what there is instead.
func (s *shop) eventuallyOr(what string, look func() bool, tell func()) {
	s.t.Helper()
	deadline := time.Now().Add(40 * time.Second)
	for !look() {
		if time.Now().After(deadline) {
			tell()
			s.t.Fatalf("%s: not within 40s", what)
		}
		time.Sleep(100 * time.Millisecond) // across processes there is nothing else to wait on
	}
}

func TestPurchase(t *testing.T) {
	inEveryDeployment(t, func(t *testing.T, s *shop) {
		s.step(t, "goes through once", purchase)
		s.step(t, "says what is wrong with its input", badInput)
		s.step(t, "is made once, however many try at once", fiftyAtOnce)
		s.step(t, "is declined and can be made with another card", declined)
		s.step(t, "is found out when the acquirer's answer is lost", answerLost)
		s.step(t, "has one receipt each time", func(_ *testing.T, s *shop) { s.wantBookComplete() })
	})
}

// purchase is what a buyer does from beginning to end. Its golden files are one set
// for both deployments: splitting the product changes nothing that she sees.
func purchase(t *testing.T, s *shop) {
	ada, bert := s.kit.As("customer"), s.kit.As("customer")
	at := func(name string, step func(k *slipwaytest.Kit)) {
		t.Run(name, func(t *testing.T) { step(ada.In(t)) })
	}
	var c cartapi.Cart
	var first acquiringapi.Payment

	at("1 she looks at what is sold", func(k *slipwaytest.Kit) {
		slipwaytest.Do(k.Anonymous(), catalogapi.List, api.Empty{}).Want(200).Golden()
	})
	at("2 opens a cart", func(k *slipwaytest.Kit) {
		c = slipwaytest.Do(k, cartapi.Create, cartapi.CreateInput{}).Want(201).Golden().Body
	})
	at("3 puts something into it", func(k *slipwaytest.Kit) {
		c = slipwaytest.Do(k, cartapi.AddItem, adding(c.ID, "mug-blue", 2)).Want(200).Golden().Body
	})
	at("4 pays", func(k *slipwaytest.Kit) {
		first = s.pay(k, c, simulator.CardApproved, "key-1").Want(201).Golden().Body
		s.closed(k, c.ID) // by a job, right after the answer
	})
	at("5 asks again under the same key and gets the same answer", func(k *slipwaytest.Kit) {
		if again := s.pay(k, c, simulator.CardApproved, "key-1").Want(201).Golden().Body; again != first {
			t.Errorf("again = %+v, want %+v", again, first)
		}
	})
	at("6 cannot use the key for another payment", func(k *slipwaytest.Kit) {
		s.payAmount(k, c.ID, money.Money{Amount: 1, Currency: "EUR"}, simulator.CardApproved, "key-1").Want(422).Golden()
	})
	at("7 cannot pay twice", func(k *slipwaytest.Kit) { s.pay(k, c, simulator.CardApproved, "key-2").Want(409).Golden() })
	at("8 cannot fill what is paid for", func(k *slipwaytest.Kit) {
		slipwaytest.Do(k, cartapi.AddItem, adding(c.ID, "mug-red", 1)).Want(409).Golden()
	})
	at("9 sees cart and payment at their end", func(k *slipwaytest.Kit) {
		slipwaytest.Do(k, cartapi.Get, cartapi.GetInput{ID: c.ID}).Want(200).Golden()
		slipwaytest.Do(k, acquiringapi.Get, acquiringapi.GetInput{ID: first.ID}).Want(200).Golden()
	})
	at("10 has a receipt, which others do not see", func(k *slipwaytest.Kit) {
		s.eventually("the receipt is written", func() bool { return s.receipts(c.ID) == 1 })
		slipwaytest.Do(k, receiptsapi.List, receiptsapi.ListInput{}).Want(200).Golden()
		slipwaytest.Do(k, receiptsapi.Get, receiptsapi.GetInput{Number: 1}).Want(200)
		slipwaytest.Do(bert, receiptsapi.Get, receiptsapi.GetInput{Number: 1}).Want(404)
	})
	if got := s.charges(c.ID); got != 1 {
		t.Errorf("charges = %d, want 1", got)
	}
}

func badInput(t *testing.T, s *shop) {
	ada := s.kit.As("customer")
	c := s.fill(ada, "mug-blue", 1)
	items := "/carts/" + c.ID.String() + "/items"
	payment := func(amount, currency string) string {
		return fmt.Sprintf(`{"cart_id":%q,"amount":{"amount":%s,"currency":%q},"card":"4242424242424242"}`, c.ID, amount, currency)
	}
	for name, in := range map[string]struct {
		path, body string
		status     int
	}{
		"malformed JSON":             {items, `{"sku":`, 400},
		"no body":                    {items, ``, 400},
		"an unknown field":           {items, `{"sku":"mug-blue","quantity":1,"price":1}`, 422},
		"a field twice by case":      {items, `{"sku":"mug-blue","quantity":1,"QUANTITY":50}`, 422},
		"a wrong type":               {items, `{"sku":"mug-blue","quantity":"1"}`, 422},
		"a quantity of zero":         {items, `{"sku":"mug-blue","quantity":0}`, 422},
		"a negative quantity":        {items, `{"sku":"mug-blue","quantity":-1}`, 422},
		"an unknown SKU":             {items, `{"sku":"unicorn","quantity":1}`, 422},
		"an SKU in another currency": {items, `{"sku":"gift-card","quantity":1}`, 409},
		"an oversize body":           {items, `{"sku":"` + string(make([]byte, 2<<20)) + `"}`, 413},
		"a negative amount":          {"/payments", payment("-1", "EUR"), 422},
		"an amount of zero":          {"/payments", payment("0", "EUR"), 422},
		"an overflowing amount":      {"/payments", payment("9223372036854775808", "EUR"), 422},
		"half a cent":                {"/payments", payment("12.5", "EUR"), 422},
		"another currency":           {"/payments", payment("1250", "USD"), 409},
		"an unknown currency":        {"/payments", payment("1250", "XXY"), 422},
		"a total that changed":       {"/payments", payment("1", "EUR"), 409},
	} {
		t.Run(name, func(t *testing.T) {
			got := ada.In(t).JSON(http.MethodPost, in.path, in.body, slipwaytest.Key(name)).Want(in.status)
			if got.Problem.Detail == "" || got.Problem.TraceID == "" || got.Problem.Code == "" {
				t.Errorf("problem = %+v", got.Problem)
			}
		})
	}
	t.Run("no Idempotency-Key", func(t *testing.T) {
		ada.In(t).JSON(http.MethodPost, "/payments", payment("1250", "EUR")).WantCode(400, "missing_idempotency_key")
	})
	if got := s.cart(ada, c.ID); got.Status != cartapi.Open || s.charges(c.ID) != 0 {
		t.Errorf("cart = %+v, want it as before", got)
	}
}

func fiftyAtOnce(t *testing.T, s *shop) {
	ada := s.kit.As("customer")
	c := s.fill(ada, "mug-blue", 1)
	statuses := make([]int, 50)
	var wg sync.WaitGroup
	for i := range statuses {
		wg.Go(func() { statuses[i] = s.pay(ada, c, simulator.CardApproved, fmt.Sprint("key-", i)).Status })
	}
	wg.Wait()
	count := map[int]int{}
	for _, status := range statuses {
		count[status]++
	}
	if count[201] != 1 || count[409] != 49 {
		t.Errorf("answers = %v, want one 201 and 49 409", count)
	}
	if got := s.charges(c.ID); got != 1 {
		t.Errorf("charges = %d, want 1", got)
	}
}

func declined(t *testing.T, s *shop) {
	ada := s.kit.As("customer")
	c := s.fill(ada, "mug-blue", 1)
	s.pay(ada, c, simulator.CardInsufficientFunds, "key-1").WantCode(402, "card_declined")
	s.pay(ada, c, simulator.CardApproved, "key-2").Want(201)
	if got := s.charges(c.ID); got != 1 {
		t.Errorf("charges = %d, want 1", got)
	}
}

func answerLost(t *testing.T, s *shop) {
	ada := s.kit.As("customer")
	c := s.fill(ada, "mug-blue", 1)
	p := s.pay(ada, c, simulator.CardAnswerLost, "key").Want(201).Body
	s.eventually("the payment is found out and the cart closed", func() bool {
		got := slipwaytest.Do(ada, acquiringapi.Get, acquiringapi.GetInput{ID: p.ID}).Want(200).Body.Status
		return got == acquiringapi.StatusCaptured && s.cart(ada, c.ID).Status == cartapi.Paid
	})
	if got := s.charges(c.ID); got != 1 {
		t.Errorf("charges = %d, want 1", got)
	}
}
