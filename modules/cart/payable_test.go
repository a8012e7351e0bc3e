package cart_test

import (
	"strings"
	"testing"

	"github.com/google/uuid"

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

		s.release(payment).Want(204)
		s.release(payment).Want(204)
		s.wantCart(cartapi.Open, eur(1250))
	})

	t.Run("comes too late after its payment was settled", func(t *testing.T) {
		t.Parallel()
		s := newShop(t)
		s.add("mug", 1).Want(200)
		payment := uuid.New()
		s.release(payment).Want(204) // the claim is still on its way
		s.claim(payment, eur(1250)).Want(409).Golden()
		s.wantCart(cartapi.Open, eur(1250))
	})
}

func TestRelease(t *testing.T) {
	t.Parallel()

	t.Run("is for acquiring on its own", func(t *testing.T) {
		t.Parallel()
		s := newShop(t)
		in := releasing(s.cart, uuid.New())
		slipwaytest.Do(s.ada, cartapi.ReleasePayable, in).Want(403).Golden()
		slipwaytest.Do(s.kit.Service("catalog", "cart"), cartapi.ReleasePayable, in).Want(403).Golden()
	})

	t.Run("knows no cart that is not there", func(t *testing.T) {
		t.Parallel()
		s := newShop(t)
		s.cart = uuid.New()
		s.release(uuid.New()).Want(404).Golden()
	})
}

// TestCloseCart: a payment whose money is ours closes its cart.
func TestCloseCart(t *testing.T) {
	t.Parallel()

	t.Run("believes no success without a claim, and wants somebody to look", func(t *testing.T) {
		t.Parallel()
		s := newShop(t)
		s.add("mug", 1).Want(200)
		failed := s.kit.LetJobsFail()
		s.capture(uuid.New())
		if errs := failed.All(); len(errs) != 1 || !strings.Contains(errs[0].Error(), "has not claimed") {
			t.Errorf("the job failed with %v, want it to say what is wrong", errs)
		}
		s.wantCart(cartapi.Open, eur(1250))
	})

	t.Run("has no business with what is no cart", func(t *testing.T) {
		t.Parallel()
		s := newShop(t)
		s.cart = uuid.New()
		s.capture(uuid.New())
	})

	t.Run("closes a cart for ever", func(t *testing.T) {
		t.Parallel()
		s := newShop(t)
		s.add("mug", 1).Want(200)
		payment := uuid.New()
		s.claim(payment, eur(1250)).Want(200)
		s.capture(payment)
		s.capture(payment) // an event of its own, that says the same
		s.wantCart(cartapi.Paid, eur(1250))
		s.release(payment).Want(409).Golden()
		s.add("mug", 1).Want(409).Golden()
		s.claim(uuid.New(), eur(1250)).Want(409).Golden()
		s.wantCart(cartapi.Paid, eur(1250))
	})
}
