package main

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway/modules/acquiring/acquiringapi"
	"github.com/slipway-go/slipway/modules/acquiring/simulator"
	"github.com/slipway-go/slipway/modules/cart/cartapi"
	"github.com/slipway-go/slipway/slipwaytest"
)

// tryPay pays where the connection may break.
func (s *shop) tryPay(buyer *slipwaytest.Kit, c cartapi.Cart, card, key string) {
	in := acquiringapi.CreateInput{Body: acquiringapi.Order{CartID: c.ID, Amount: c.Total, Card: card}}
	_ = slipwaytest.Try(buyer, acquiringapi.Create, in, slipwaytest.Key(key)) // whether an answer came decides nothing
}

// In one binary nothing can be down alone, so this is for services.
func TestFault_neighbourDown(t *testing.T) {
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

// A module that is down gets its events when it is up again, and holds up no other.
func TestFault_subscriberDown(t *testing.T) {
	t.Parallel()
	slipwaytest.Services(t, modules(), func(t *testing.T, k *slipwaytest.Kit) {
		s := &shop{t, k}
		ada := k.As("customer")
		s.step(t, "receipts", func(_ *testing.T, s *shop) {
			c := s.fill(ada, "mug-blue", 1)
			k.Kill("receipts")
			s.pay(ada, c, simulator.CardApproved, "key-1").Want(201)
			s.closed(ada, c.ID)
			k.Restart("receipts")
			s.eventually("the receipt is written", func() bool { return s.receipts(c.ID) == 1 })
		})
		s.step(t, "cart, which has agreed to the payment before", func(_ *testing.T, s *shop) {
			c := s.fill(ada, "mug-blue", 1)
			s.pay(ada, c, simulator.CardAnswerLost, "key-2").Want(201)
			k.Kill("cart")
			s.eventually("the receipt is written", func() bool { return s.receipts(c.ID) == 1 })
			k.Restart("cart")
			s.closed(ada, c.ID)
		})
		s.wantBookComplete()
	})
}

func TestFault_databaseGone(t *testing.T) {
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
