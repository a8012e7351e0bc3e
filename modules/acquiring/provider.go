package acquiring

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/money"
)

// An Adapter connects the module to a company that moves money.
type Adapter struct {
	// Name is kept with each payment: "stripe".
	Name string
	// TestMoney says that no real money moves. Production refuses such an
	// adapter unless a setting allows it.
	TestMoney bool
	// Open returns the provider when the module is set up.
	Open func(m *slipway.Setup) (Provider, error)
}

// allowed refuses to give goods away by mistake.
func (a Adapter) allowed(env config.Environment, testMoney bool) error {
	if a.TestMoney && env == config.Production && !testMoney {
		return fmt.Errorf("the acquirer %q moves no real money: give acquiring.New a real one, or set ACQUIRING_TEST_MONEY=true to give goods away", a.Name)
	}
	return nil
}

// A Provider charges cards. An error of its methods means that the outcome is
// not known: the module looks again. A refusal is a [Result].
type Provider interface {
	// Charge moves the money. Asked again under the same key it answers as
	// before and moves nothing.
	Charge(ctx context.Context, c Charge) (Result, error)
	// Lookup tells what became of a charge. [NotFound] says that nothing was
	// charged under the key; the module believes it when the charge was last
	// asked for ACQUIRING_LOST_AFTER ago.
	Lookup(ctx context.Context, key uuid.UUID) (Result, error)
}

// A Charge is what a provider is asked for.
type Charge struct {
	Key       uuid.UUID // the payment's id
	Reference uuid.UUID // what is paid for
	Amount    money.Money
	Card      Card
}

// A Result is how a charge ended.
type Result struct {
	Outcome Outcome
	Reason  string // why it was declined, as a stable word: "insufficient_funds"
}

// An Outcome is one of three.
type Outcome int

// The outcomes. The zero value is none, so that a forgotten one is noticed.
const (
	_ Outcome = iota
	Approved
	Declined
	NotFound // of Lookup only
)
