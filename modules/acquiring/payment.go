package acquiring

import (
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/modules/acquiring/acquiringapi"
	"github.com/slipway-go/slipway/money"
)

// A payment is one row of the ledger.
type payment struct {
	ID        uuid.UUID
	Owner     string
	CartID    uuid.UUID
	Amount    money.Money
	CardLast4 string
	Status    acquiringapi.Status
	Reason    string
	Attempt   int64         // fences off whoever took the payment up before
	Looks     int           // in vain, in a row
	Waiting   time.Duration // since a request last set out to ask the acquirer
	Settled   bool          // the payable knows how it ended
}

// An event is what can happen to a payment.
type event string

const (
	claimed   event = "claimed"   // the payable has locked itself for it
	refused   event = "refused"   // the payable would not
	abandoned event = "abandoned" // whoever made it died before the charge
	approved  event = "approved"  // the acquirer has charged
	declined  event = "declined"  // the acquirer would not
	lost      event = "lost"      // the acquirer never heard of it
)

// next returns where an event leads. What is not here cannot happen.
func next(from acquiringapi.Status, e event) (acquiringapi.Status, error) {
	switch {
	case from == acquiringapi.StatusCreated && e == claimed:
		return acquiringapi.StatusPending, nil
	case from == acquiringapi.StatusCreated && (e == refused || e == abandoned):
		return acquiringapi.StatusFailed, nil
	case from == acquiringapi.StatusPending && e == approved:
		return acquiringapi.StatusCaptured, nil
	case from == acquiringapi.StatusPending && e == declined:
		return acquiringapi.StatusDeclined, nil
	case from == acquiringapi.StatusPending && e == lost:
		return acquiringapi.StatusFailed, nil
	}
	return from, fmt.Errorf("a payment that is %s cannot be %s", from, e)
}

// over reports whether the payment has come to its end.
func (p payment) over() bool {
	switch p.Status {
	case acquiringapi.StatusCaptured, acquiringapi.StatusDeclined, acquiringapi.StatusFailed:
		return true
	case acquiringapi.StatusCreated, acquiringapi.StatusPending:
	}
	return false
}

// captured is what others are told of a payment whose money is ours.
func (p payment) captured() acquiringapi.PaymentCaptured {
	return acquiringapi.PaymentCaptured{PaymentID: p.ID, PayableID: p.CartID, Owner: p.Owner, Amount: p.Amount, CapturedAt: time.Now().UTC()}
}

// sameOrder reports whether a repeated key asks for what it asked for before.
func (p payment) sameOrder(o order) bool {
	return p.CartID == o.CartID && p.Amount == o.Amount && p.CardLast4 == o.Card.Last4()
}

// pause is the time until the next look: twice as long each time, up to a minute.
func (p payment) pause() time.Duration {
	return min(time.Second<<min(p.Looks, 6), time.Minute)
}

func (p payment) public() acquiringapi.Payment {
	return acquiringapi.Payment{
		ID: p.ID, CartID: p.CartID, Status: p.Status, Reason: p.Reason, Amount: p.Amount, CardLast4: p.CardLast4,
	}
}
