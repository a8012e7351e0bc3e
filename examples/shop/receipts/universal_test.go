package receipts_test

import (
	"testing"

	"github.com/slipway-go/slipway/examples/shop/receipts"
	"github.com/slipway-go/slipway/examples/shop/receipts/receiptsapi"
	"github.com/slipway-go/slipway/modules/acquiring/acquiringapi"
	"github.com/slipway-go/slipway/slipwaytest"
)

func TestUniversal(t *testing.T) {
	slipwaytest.Universal(t, receipts.New(),
		slipwaytest.Example(receiptsapi.Get, func(k *slipwaytest.Kit) receiptsapi.GetInput {
			pay(k, paid(k))
			return receiptsapi.GetInput{Number: 1}
		}),
		slipwaytest.Example(receiptsapi.List, func(k *slipwaytest.Kit) receiptsapi.ListInput {
			pay(k, paid(k))
			return receiptsapi.ListInput{}
		}),
		slipwaytest.ExampleEvent(acquiringapi.Captured, func(k *slipwaytest.Kit) (string, acquiringapi.PaymentCaptured) {
			p := paid(k)
			return p.PaymentID.String(), p
		}),
	)
}
