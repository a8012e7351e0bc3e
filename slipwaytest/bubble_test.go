package slipwaytest_test

import (
	"testing"
	"time"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/modules/cart"
	"github.com/slipway-go/slipway/modules/cart/cartapi"
	"github.com/slipway-go/slipway/slipwaytest"
)

func TestBubble(t *testing.T) {
	type seen struct {
		buyer, cart, token string
		first, later       time.Time
	}
	var runs [2]seen
	began := time.Now()
	for i := range runs {
		slipwaytest.Bubble(t, []slipway.Module{cart.New()}, func(t *testing.T, k *slipwaytest.Kit) {
			run := &runs[i]
			run.first = time.Now()
			ada := k.As("customer")
			got := slipwaytest.Do(ada, cartapi.Create, cartapi.CreateInput{}).Want(201).Body
			run.buyer, run.cart, run.token = ada.Subject(), got.ID.String(), ada.Token()

			time.Sleep(2 * time.Hour)
			run.later = time.Now()
			slipwaytest.Do(ada, cartapi.Get, cartapi.GetInput{ID: got.ID}).Want(401) // the token has expired
		})
	}
	if runs[0] != runs[1] {
		t.Errorf("the second run differs:\n%+v\n%+v", runs[1], runs[0])
	}
	if got := runs[0].later.Sub(runs[0].first); got < 2*time.Hour {
		t.Errorf("%s have passed in the bubble, want two hours", got)
	}
	if took := time.Since(began); took > time.Minute {
		t.Errorf("it took %s", took)
	}
}

func TestKit_EndSession(t *testing.T) {
	slipwaytest.Bubble(t, []slipway.Module{cart.New()}, func(t *testing.T, k *slipwaytest.Kit) {
		ada, bert := k.User("ada", "cart:read", "cart:write"), k.User("bert", "cart:read", "cart:write")
		slipwaytest.Do(ada, cartapi.Create, cartapi.CreateInput{}).Want(201)
		ada.EndSession()
		time.Sleep(5 * time.Second)
		slipwaytest.Do(ada, cartapi.Create, cartapi.CreateInput{}).WantCode(401, "invalid_token")
		slipwaytest.Do(k.User("ada", "cart:read", "cart:write"), cartapi.Create, cartapi.CreateInput{}).Want(401) // a new token of the old session
		slipwaytest.Do(bert, cartapi.Create, cartapi.CreateInput{}).Want(201)
	})
}
