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
	c, err := pgx.Connect(s.t.Context(), s.kit.Database("acquiring"))
	if err != nil {
		s.t.Fatal(err)
	}
	defer c.Close(s.t.Context()) //nolint:errcheck // the statement's error counts
	var n int
	if err := c.QueryRow(s.t.Context(), `SELECT count(*) FROM acquiring.simulated_charges WHERE reference = $1 AND approved`, cart).Scan(&n); err != nil {
		s.t.Fatal(err)
	}
	return n
}

// eventually repeats a look until it is satisfied: for what happens behind.
func (s *shop) eventually(what string, look func() bool) {
	s.t.Helper()
	deadline := time.Now().Add(40 * time.Second)
	for !look() {
		if time.Now().After(deadline) {
			s.t.Fatalf("%s: not within 40s", what)
		}
		time.Sleep(100 * time.Millisecond) // across processes there is nothing else to wait on
	}
}

func TestPurchase(t *testing.T) {
	inEveryDeployment(t, func(t *testing.T, s *shop) {
		s.step(t, "goes through once", purchase)
		s.step(t, "is not for strangers", strangers)
		s.step(t, "says what is wrong with its input", badInput)
		s.step(t, "is made once, however many try at once", fiftyAtOnce)
		s.step(t, "is declined and can be made with another card", declined)
		s.step(t, "is found out when the acquirer's answer is lost", answerLost)
	})
}

func purchase(t *testing.T, s *shop) {
	if got := slipwaytest.Do(s.kit, catalogapi.List, api.Empty{}).Want(200); len(got.Body.Products) == 0 {
		t.Fatal("no products")
	}
	ada := s.kit.As("customer")
	c := s.fill(ada, "mug-blue", 2)
	if want := (money.Money{Amount: 2500, Currency: "EUR"}); c.Total != want || c.Owner != ada.Subject() || c.Status != cartapi.Open {
		t.Fatalf("cart = %+v, want a total of %v", c, want)
	}
	first := s.pay(ada, c, simulator.CardApproved, "key-1").Want(201)
	if first.Body.Status != acquiringapi.Captured {
		t.Errorf("status = %s", first.Body.Status)
	}
	if got := s.cart(ada, c.ID).Status; got != cartapi.Paid {
		t.Errorf("cart is %s, want paid", got)
	}

	t.Run("the same key is answered alike and charges nothing", func(t *testing.T) {
		again := s.pay(ada.In(t), c, simulator.CardApproved, "key-1").Want(201)
		if again.Body != first.Body || again.Header.Get("Idempotent-Replayed") != "true" {
			t.Errorf("again = %+v", again.Body)
		}
	})
	t.Run("the same key for another payment is refused", func(t *testing.T) {
		s.payAmount(ada.In(t), c.ID, money.Money{Amount: 1, Currency: "EUR"}, simulator.CardApproved, "key-1").WantCode(422, "idempotency_key_reused")
	})
	t.Run("a paid cart cannot be paid again or filled", func(t *testing.T) {
		s.pay(ada.In(t), c, simulator.CardApproved, "key-2").WantCode(409, acquiringapi.CodeAlreadyPaid)
		slipwaytest.Do(ada.In(t), cartapi.AddItem, adding(c.ID, "mug-red", 1)).Want(409)
	})
	if got := s.charges(c.ID); got != 1 {
		t.Errorf("charges = %d, want 1", got)
	}
}

func strangers(_ *testing.T, s *shop) {
	ada, bert := s.kit.As("customer"), s.kit.As("customer")
	c := s.fill(ada, "mug-blue", 1)
	slipwaytest.Do(bert, cartapi.Get, cartapi.GetInput{ID: c.ID}).Want(404)
	slipwaytest.Do(bert, cartapi.AddItem, adding(c.ID, "mug-blue", 1)).Want(404)
	s.pay(bert, c, simulator.CardApproved, "key").Want(404)
	s.pay(s.kit.Anonymous(), c, simulator.CardApproved, "key").Want(401)
	s.pay(ada, c, simulator.CardApproved, "key").Want(201)
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
		return got == acquiringapi.Captured && s.cart(ada, c.ID).Status == cartapi.Paid
	})
	if got := s.charges(c.ID); got != 1 {
		t.Errorf("charges = %d, want 1", got)
	}
}

// A process that dies in the middle of a payment, whatever the moment, neither
// loses the payment nor makes it twice: the retry under the same key ends well.
func TestPurchase_killed(t *testing.T) {
	inEveryDeployment(t, func(t *testing.T, s *shop) {
		ada := s.kit.As("customer")
		c := s.fill(ada, "mug-blue", 1)
		asked := make(chan struct{})
		go func() {
			defer close(asked)
			s.tryPay(ada, c, simulator.CardSlow, "key")
		}()
		s.eventually("the acquirer has booked the charge", func() bool { return s.charges(c.ID) == 1 })
		s.kit.Kill("acquiring")
		<-asked
		s.kit.Restart("acquiring")
		s.eventually("the retry ends well", func() bool {
			got := s.pay(ada, c, simulator.CardSlow, "key")
			if got.Status >= 500 {
				t.Fatalf("answer = %d %s", got.Status, got.Raw)
			}
			return got.Status == 201 && got.Body.Status == acquiringapi.Captured
		})
		s.eventually("the cart is closed", func() bool { return s.cart(ada, c.ID).Status == cartapi.Paid })
		if got := s.charges(c.ID); got != 1 {
			t.Errorf("charges = %d, want 1", got)
		}
	})
}

// tryPay pays where the connection may break.
func (s *shop) tryPay(buyer *slipwaytest.Kit, c cartapi.Cart, card, key string) {
	in := acquiringapi.CreateInput{Body: acquiringapi.Order{CartID: c.ID, Amount: c.Total, Card: card}}
	_ = slipwaytest.Try(buyer, acquiringapi.Create, in, slipwaytest.Key(key)) // whether an answer came decides nothing
}

// In one binary nothing can be down alone, so this is for services.
func TestPurchase_neighbourDown(t *testing.T) {
	t.Parallel()
	slipwaytest.Services(t, modules(), func(t *testing.T, k *slipwaytest.Kit) {
		s := &shop{t, k}
		ada := k.As("customer")
		c := s.fill(ada, "mug-blue", 1)

		k.Kill("catalog")
		slipwaytest.Do(ada, cartapi.AddItem, adding(c.ID, "mug-red", 1)).Want(503)
		s.cart(ada, c.ID) // what needs no prices goes on
		k.Restart("catalog")
		s.eventually("cart finds its neighbour again", func() bool {
			return slipwaytest.Do(ada, cartapi.AddItem, adding(c.ID, "mug-blue", 1)).Status == 200
		})

		bert := k.As("customer") // whose token nobody has exchanged yet
		empty := slipwaytest.Do(bert, cartapi.Create, cartapi.CreateInput{}).Want(201).Body
		k.Kill("sso")
		if got := s.cart(ada, c.ID); got.Total.Amount != 2500 {
			t.Errorf("with a live token and no SSO: cart = %+v", got)
		}
		slipwaytest.Do(ada, cartapi.AddItem, adding(c.ID, "mug-blue", 1)).Want(200) // an exchanged token lives on too
		slipwaytest.Do(bert, cartapi.AddItem, adding(empty.ID, "mug-blue", 1)).WantCode(503, "sso_unavailable")
		k.JSON("POST", "/sso/v1/login", `{"email":"a@example.com","password":"long enough a password"}`).Want(503)
		k.Restart("sso")

		k.Kill("cart")
		s.pay(ada, c, simulator.CardApproved, "key").Want(503)
		k.Restart("cart")
		s.eventually("the payment goes through", func() bool {
			return s.pay(ada, s.cart(ada, c.ID), simulator.CardApproved, "key-2").Status == 201
		})
		if got := s.charges(c.ID); got != 1 {
			t.Errorf("charges = %d, want 1", got)
		}
	})
}

func TestPurchase_databaseGone(t *testing.T) {
	inEveryDeployment(t, func(t *testing.T, s *shop) {
		ada := s.kit.As("customer")
		c := s.fill(ada, "mug-blue", 1)
		back := s.disconnect("cart")
		got := slipwaytest.Do(ada, cartapi.Get, cartapi.GetInput{ID: c.ID}).WantCode(503, "database_unavailable")
		if got.Header.Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
		back()
		s.eventually("the cart is back", func() bool {
			return slipwaytest.Do(ada, cartapi.Get, cartapi.GetInput{ID: c.ID}).Status == 200
		})
		s.eventually("and can be paid", func() bool { return s.pay(ada, c, simulator.CardApproved, "key").Status == 201 })
	})
}

// disconnect lets nobody reach a module's database until the returned function
// is called.
func (s *shop) disconnect(module string) (back func()) {
	s.t.Helper()
	cfg, err := pgx.ParseConfig(s.kit.Database(module))
	if err != nil {
		s.t.Fatal(err)
	}
	name := cfg.Database
	cfg.Database = "postgres"
	exec := func(sql string) {
		c, err := pgx.ConnectConfig(s.t.Context(), cfg)
		if err != nil {
			s.t.Fatal(err)
		}
		defer c.Close(s.t.Context()) //nolint:errcheck // the statement's error counts
		if _, err := c.Exec(s.t.Context(), sql); err != nil {
			s.t.Fatal(err)
		}
	}
	quoted := pgx.Identifier{name}.Sanitize()
	exec("ALTER DATABASE " + quoted + " ALLOW_CONNECTIONS false")
	exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '" + name + "'")
	return func() { exec("ALTER DATABASE " + quoted + " ALLOW_CONNECTIONS true") }
}

// Every wrong token on every route of every module, in both deployments; the
// tokens are the kit's, so the SSO is not among the modules.
func TestTokens(t *testing.T) {
	t.Parallel()
	withoutSSO := modules()[1:]
	slipwaytest.Deployments(t, withoutSSO, func(t *testing.T, k *slipwaytest.Kit) { slipwaytest.SweepTokens(t, k) })
	k := slipwaytest.Tx(t, withoutSSO...)
	slipwaytest.SweepTokens(t, k) // those for services too
}
