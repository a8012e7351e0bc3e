package cart_test

import (
	"testing"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/modules/acquiring/acquiringapi"
	"github.com/slipway-go/slipway/modules/cart/cartapi"
	"github.com/slipway-go/slipway/slipwaytest"
)

func TestClaim(t *testing.T) {
	t.Parallel()

	t.Run("is for acquiring, in the owner's name", func(t *testing.T) {
		t.Parallel()
		s := newShop(t)
		in := claim(s.cart, uuid.New(), eur(0))
		slipwaytest.Do(s.ada, cartapi.ClaimPayable, in).Want(403).Golden()
		slipwaytest.Do(s.through("acquiring", uuid.NewString()), cartapi.ClaimPayable, in).Want(404).Golden()
		slipwaytest.Do(s.through("catalog", s.ada.Subject()), cartapi.ClaimPayable, in).Want(403).Golden()
	})

	t.Run("refuses for nothing", func(t *testing.T) {
		t.Parallel()
		newShop(t).claim(uuid.New(), eur(0)).Want(409).Golden()
	})

	t.Run("refuses for a price that has changed, and the cart shows it", func(t *testing.T) {
		t.Parallel()
		s := newShop(t)
		s.add("mug", 2).Want(200)
		s.prices["mug"] = 1300
		s.claim(uuid.New(), eur(2500)).Want(409).Golden()
		s.wantCart(cartapi.Open, eur(2600))
		s.claim(uuid.New(), eur(2600)).Want(200)
	})

	t.Run("refuses for what is given away by now, and keeps the price", func(t *testing.T) {
		t.Parallel()
		s := newShop(t)
		s.add("mug", 1).Want(200)
		s.prices["mug"] = 0
		s.claim(uuid.New(), eur(1250)).Want(502).Golden()
		s.wantCart(cartapi.Open, eur(1250))
	})

	t.Run("refuses for what is no longer sold", func(t *testing.T) {
		t.Parallel()
		s := newShop(t)
		s.add("mug", 1).Want(200)
		delete(s.prices, "mug")
		s.claim(uuid.New(), eur(1250)).Want(409).Golden()
	})

	t.Run("locks the cart until the payment is settled", func(t *testing.T) {
		t.Parallel()
		s := newShop(t)
		s.add("mug", 1).Want(200)
		payment := uuid.New()
		s.claim(payment, eur(1250)).Want(200).Golden()
		s.add("mug", 1).Want(409).Golden()
		s.claim(uuid.New(), eur(1250)).Want(409).Golden()

		s.prices["mug"] = 1 // the total was agreed to
		s.claim(payment, eur(1250)).Want(200)

		s.settle(payment, acquiringapi.OutcomeFailed).Want(204)
		s.settle(payment, acquiringapi.OutcomeFailed).Want(204)
		s.wantCart(cartapi.Open, eur(1250))
	})

	t.Run("comes too late after its payment was settled", func(t *testing.T) {
		t.Parallel()
		s := newShop(t)
		s.add("mug", 1).Want(200)
		payment := uuid.New()
		s.settle(payment, acquiringapi.OutcomeFailed).Want(204) // the claim is still on its way
		s.claim(payment, eur(1250)).Want(409).Golden()
		s.wantCart(cartapi.Open, eur(1250))
	})
}

func TestSettle(t *testing.T) {
	t.Parallel()

	t.Run("is for acquiring on its own", func(t *testing.T) {
		t.Parallel()
		s := newShop(t)
		in := settlement(s.cart, uuid.New(), acquiringapi.OutcomeFailed)
		slipwaytest.Do(s.ada, cartapi.SettlePayable, in).Want(403).Golden()
		slipwaytest.Do(s.kit.Service("catalog", "cart"), cartapi.SettlePayable, in).Want(403).Golden()
	})

	t.Run("knows no cart that is not there", func(t *testing.T) {
		t.Parallel()
		s := newShop(t)
		s.cart = uuid.New()
		s.settle(uuid.New(), acquiringapi.OutcomeFailed).Want(404).Golden()
	})

	t.Run("believes no success without a claim", func(t *testing.T) {
		t.Parallel()
		s := newShop(t)
		s.add("mug", 1).Want(200)
		s.settle(uuid.New(), acquiringapi.OutcomeCaptured).Want(409).Golden()
		s.wantCart(cartapi.Open, eur(1250))
	})

	t.Run("closes a cart for ever", func(t *testing.T) {
		t.Parallel()
		s := newShop(t)
		s.add("mug", 1).Want(200)
		payment := uuid.New()
		s.claim(payment, eur(1250)).Want(200)
		s.settle(payment, acquiringapi.OutcomeCaptured).Want(204).Golden()
		s.settle(payment, acquiringapi.OutcomeCaptured).Want(204)
		s.settle(payment, acquiringapi.OutcomeFailed).Want(409).Golden()
		s.add("mug", 1).Want(409).Golden()
		s.claim(uuid.New(), eur(1250)).Want(409).Golden()
		s.wantCart(cartapi.Paid, eur(1250))
	})
}
