package acquiring_test

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/modules/acquiring"
)

// A bank is a company that moves money, as its adapter sees it.
type bank struct{}

// Charge sends the payment's id as the bank's idempotency key. What the bank
// refuses is a result; an error means that the outcome is not known.
func (bank) Charge(context.Context, acquiring.Charge) (acquiring.Result, error) {
	return acquiring.Result{Outcome: acquiring.Declined, Reason: "insufficient_funds"}, nil
}

// Lookup asks the bank for what became of that key.
func (bank) Lookup(context.Context, uuid.UUID) (acquiring.Result, error) {
	return acquiring.Result{Outcome: acquiring.NotFound}, nil
}

// A product gives the module its acquirer: slipway.Main(acquiring.New(adapter), …).
// Settings of the adapter's own are read in Open.
func ExampleAdapter() {
	adapter := acquiring.Adapter{
		Name: "bank",
		Open: func(*slipway.Setup) (acquiring.Provider, error) { return bank{}, nil },
	}
	fmt.Println(acquiring.New(adapter).Name())
	// Output: acquiring
}
