package cart_test

import (
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/modules/cart"
	"github.com/slipway-go/slipway/modules/cart/cartapi"
	"github.com/slipway-go/slipway/slipwaytest"
)

func TestMain(m *testing.M) { slipwaytest.Main(m) }

func TestCreate(t *testing.T) {
	t.Parallel()
	ada := slipwaytest.Tx(t, cart.New()).As("customer")
	create := func(t *testing.T, currency string) *slipwaytest.Answer[cartapi.Cart] {
		t.Helper()
		return slipwaytest.Do(ada.In(t), cartapi.Create, cartapi.CreateInput{Body: cartapi.NewCart{Currency: currency}})
	}

	t.Run("refuses what is no currency's code", func(t *testing.T) { create(t, "euro").Want(422).Golden() })
	t.Run("refuses a currency that does not exist", func(t *testing.T) { create(t, "XQQ").Want(422).Golden() })
	t.Run("opens an empty cart in the shop's currency", func(t *testing.T) { create(t, "").Want(201).Golden() })
	t.Run("opens one in another currency", func(t *testing.T) { create(t, "USD").Want(201).Golden() })

	t.Run("takes the shop's currency from the settings", func(t *testing.T) {
		k := slipwaytest.TxWith(t, map[string]string{"CART_CURRENCY": "JPY"}, cart.New())
		slipwaytest.Do(k.As("customer"), cartapi.Create, cartapi.CreateInput{}).Want(201).Golden()
	})
}

func TestGet(t *testing.T) {
	t.Parallel()

	t.Run("tells another's cart from none by nothing", func(t *testing.T) {
		t.Parallel()
		s := newShop(t)
		eve := s.kit.As("customer")
		another := slipwaytest.Do(eve, cartapi.Get, cartapi.GetInput{ID: s.cart}).Want(404).Golden().Problem.Detail
		none := slipwaytest.Do(eve, cartapi.Get, cartapi.GetInput{ID: uuid.Nil}).Want(404).Problem.Detail
		if strings.ReplaceAll(another, s.cart.String(), uuid.Nil.String()) != none {
			t.Errorf("another's cart: %q, none: %q; want no difference", another, none)
		}
	})

	t.Run("shows what is in it and what it costs", func(t *testing.T) {
		t.Parallel()
		s := newShop(t)
		s.add("mug", 3).Want(200)
		s.add("tea", 2).Want(200)
		slipwaytest.Do(s.ada, cartapi.Get, cartapi.GetInput{ID: s.cart}).Want(200).Golden()
	})
}

func TestAddItem(t *testing.T) {
	t.Parallel()

	t.Run("names a SKU that is not sold", func(t *testing.T) {
		t.Parallel()
		newShop(t).add("unicorn", 1).Want(422).Golden()
	})

	t.Run("refuses what is sold in another currency", func(t *testing.T) {
		t.Parallel()
		s := newShop(t)
		in := cartapi.CreateInput{Body: cartapi.NewCart{Currency: "USD"}}
		s.cart = slipwaytest.Do(s.ada, cartapi.Create, in).Want(201).Body.ID
		s.add("mug", 1).Want(409).Golden()
	})

	t.Run("refuses more than a cart takes, and says how much it does", func(t *testing.T) {
		t.Parallel()
		s := newShop(t)
		s.add("mug", 90).Want(200)
		s.add("mug", 10).Want(422).Golden()
		s.wantCart(cartapi.Open, eur(90*1250))
	})

	t.Run("refuses what is given away, since a cart could not be paid for", func(t *testing.T) {
		t.Parallel()
		s := newShop(t)
		s.prices["sample"] = 0
		s.add("sample", 1).Want(502).Golden()
		s.wantCart(cartapi.Open, eur(0))
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
				s.add("mug", 1).Want(in.status).Golden()
				s.wantCart(cartapi.Open, eur(0))
			})
		}
	})

	t.Run("is for the owner", func(t *testing.T) {
		t.Parallel()
		s := newShop(t)
		slipwaytest.Do(s.kit.As("customer"), cartapi.AddItem, s.item("mug", 1)).Want(404).Golden()
		s.wantCart(cartapi.Open, eur(0))
	})

	t.Run("adds up", func(t *testing.T) {
		t.Parallel()
		s := newShop(t)
		s.add("mug", 1).Want(200)
		s.add("tea", 2).Want(200)
		s.add("mug", 2).Want(200).Golden()
	})
}

func TestAddItem_waitsNoLongerThanARequestMayTake(t *testing.T) {
	slipwaytest.Bubble(t, []slipway.Module{cart.New()}, func(t *testing.T, k *slipwaytest.Kit) {
		s := openShop(t, k)
		slipwaytest.Fail(k, cartapi.Quote, slipwaytest.Hang)
		s.add("mug", 1).Want(504).Golden()
		s.wantCart(cartapi.Open, eur(0))
	})
}

func TestRemoveItem(t *testing.T) {
	t.Parallel()

	t.Run("is for the owner", func(t *testing.T) {
		t.Parallel()
		s := newShop(t)
		s.add("mug", 1).Want(200)
		slipwaytest.Do(s.kit.As("customer"), cartapi.RemoveItem, cartapi.RemoveItemInput{ID: s.cart, SKU: "mug"}).Want(404).Golden()
		s.wantCart(cartapi.Open, eur(1250))
	})

	t.Run("is no error for what is not there", func(t *testing.T) {
		t.Parallel()
		newShop(t).remove("teapot").Want(200).Golden()
	})

	t.Run("takes all of a SKU out", func(t *testing.T) {
		t.Parallel()
		s := newShop(t)
		s.add("mug", 3).Want(200)
		s.add("tea", 2).Want(200)
		s.remove("mug").Want(200).Golden()
		s.wantCart(cartapi.Open, eur(1780))
	})
}

func TestConfig(t *testing.T) {
	t.Parallel()
	_, err := config.Load[cart.Config](config.New(map[string]string{"CART_CURRENCY": "euro"}), "CART_")
	if err == nil || !strings.Contains(err.Error(), "CART_CURRENCY") {
		t.Errorf("Load = %v, want CART_CURRENCY in it", err)
	}
}
