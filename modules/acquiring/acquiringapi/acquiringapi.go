package acquiringapi

import (
	"time"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/money"
)

// Module is the contract.
var Module = api.Module("acquiring")

// Pay is the permission to pay.
var Pay = auth.Perm("acquiring:pay", "Pay for what is yours and see your payments").GrantTo("customer")

// Timeout bounds one request for a payment, from the claim to the answer.
const Timeout = 15 * time.Second

// A Status says how far a payment is.
type Status string

// The statuses. The last three are final.
const (
	StatusCreated  Status = "created"  // nothing has been asked of the acquirer
	StatusPending  Status = "pending"  // the acquirer was asked and has not said how it ended
	StatusCaptured Status = "captured" // the money is ours
	StatusDeclined Status = "declined" // the acquirer refused
	StatusFailed   Status = "failed"   // nothing was charged and nothing will be
)

// A Payment is an attempt to pay for one payable.
type Payment struct {
	ID        uuid.UUID   `json:"id" format:"uuid"`
	CartID    uuid.UUID   `json:"cart_id" format:"uuid"`
	Status    Status      `json:"status" enum:"created,pending,captured,declined,failed" doc:"pending: the acquirer has not yet said how it ended; look again."`
	Reason    string      `json:"reason,omitempty" doc:"Why it was declined or failed: a stable word." example:"insufficient_funds"`
	Amount    money.Money `json:"amount"`
	CardLast4 string      `json:"card_last4" doc:"The card's last four digits." example:"4242"`
}

// An Order is what a client asks to be charged.
type Order struct {
	CartID uuid.UUID   `json:"cart_id" format:"uuid" doc:"The id of what is paid for: a cart, or whatever the product has for a payable."`
	Amount money.Money `json:"amount" doc:"The total that the person agreed to. If it has changed since, nothing is charged."`
	Card   string      `json:"card" pattern:"^[0-9 ]{12,23}$" patternDescription:"12 to 19 digits" doc:"The card's number. It is passed to the acquirer and never stored." example:"4242424242424242" log:"drop"`
}

// CreateInput is the input of [Create].
type CreateInput struct {
	Body Order
}

// Create charges a card. The request carries an Idempotency-Key.
var Create = api.POST[CreateInput, Payment](Module, "/payments", auth.Need(Pay),
	"Pay; send the header Idempotency-Key, and the same one again to learn of a lost answer").
	Status(201).KeyRequired().MaxBody(16 << 10).Timeout(Timeout)

// GetInput is the input of [Get].
type GetInput struct {
	ID uuid.UUID `path:"id" format:"uuid"`
}

// Get returns one payment.
var Get = api.GET[GetInput, Payment](Module, "/payments/{id}", auth.Need(Pay).Owner(), "See how a payment stands")
