package cart_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/auth/authtest"
	"github.com/slipway-go/slipway/modules/acquiring/acquiringapi"
	"github.com/slipway-go/slipway/modules/cart"
	"github.com/slipway-go/slipway/modules/cart/cartapi"
	"github.com/slipway-go/slipway/slipwaytest"
)

func TestUniversal(t *testing.T) {
	slipwaytest.Universal(t, cart.New(),
		slipwaytest.World(func(k *slipwaytest.Kit) { slipwaytest.Serve(k, cartapi.Quote, prices{"mug": 1250}.quote) }),
		slipwaytest.Example(cartapi.Create, func(*slipwaytest.Kit) cartapi.CreateInput { return cartapi.CreateInput{} }),
		slipwaytest.Example(cartapi.Get, func(k *slipwaytest.Kit) cartapi.GetInput {
			return cartapi.GetInput{ID: filled(k).ID}
		}),
		slipwaytest.Example(cartapi.AddItem, func(k *slipwaytest.Kit) cartapi.AddItemInput {
			return cartapi.AddItemInput{ID: filled(k).ID, Body: cartapi.NewItem{SKU: "mug", Quantity: 1}}
		}),
		slipwaytest.Example(cartapi.RemoveItem, func(k *slipwaytest.Kit) cartapi.RemoveItemInput {
			return cartapi.RemoveItemInput{ID: filled(k).ID, SKU: "mug"}
		}),
		slipwaytest.Example(cartapi.ClaimPayable, func(k *slipwaytest.Kit) acquiringapi.ClaimInput {
			c := filled(k)
			return claim(c.ID, uuid.New(), c.Total)
		}),
		slipwaytest.Example(cartapi.ReleasePayable, func(k *slipwaytest.Kit) acquiringapi.ReleaseInput {
			c, payment := claimed(k)
			return releasing(c.ID, payment)
		}),
		slipwaytest.ExampleEvent(acquiringapi.Captured, func(k *slipwaytest.Kit) (string, acquiringapi.PaymentCaptured) {
			c, payment := claimed(k)
			return payment.String(), acquiringapi.PaymentCaptured{PaymentID: payment, PayableID: c.ID, Owner: k.Subject(), Amount: c.Total, CapturedAt: time.Now()}
		}),
	)
}

// filled returns a cart of the kit's user with something in it.
func filled(k *slipwaytest.Kit) cartapi.Cart {
	c := slipwaytest.Do(k, cartapi.Create, cartapi.CreateInput{}).Want(201).Body
	in := cartapi.AddItemInput{ID: c.ID, Body: cartapi.NewItem{SKU: "mug", Quantity: 2}}
	return slipwaytest.Do(k, cartapi.AddItem, in).Want(200).Body
}

// claimed returns a cart that a payment has claimed.
func claimed(k *slipwaytest.Kit) (c cartapi.Cart, payment uuid.UUID) {
	c, payment = filled(k), uuid.New()
	acquiring := k.Claims(authtest.User(k.Subject()).Through("acquiring").For("cart"))
	slipwaytest.Do(acquiring, cartapi.ClaimPayable, claim(c.ID, payment, c.Total)).Want(200)
	return c, payment
}
