package acquiringapi

import (
	"time"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/events"
	"github.com/slipway-go/slipway/money"
)

// PaymentCaptured is the data of [Captured].
type PaymentCaptured struct {
	PaymentID  uuid.UUID   `json:"payment_id" format:"uuid"`
	PayableID  uuid.UUID   `json:"payable_id" format:"uuid" doc:"What was paid for: a cart, or whatever the product has for a payable."`
	Owner      string      `json:"owner" doc:"The subject who has paid, whose the payable is."`
	Amount     money.Money `json:"amount"`
	CapturedAt time.Time   `json:"captured_at"`
}

// Captured is emitted once for each payment, in the transaction that makes it
// captured. A payable closes itself by it: the one that this payment has claimed.
var Captured = events.Define[PaymentCaptured](Module, "payment.captured", 1, "The money of a payment is ours.").
	Key("the payment's id")
