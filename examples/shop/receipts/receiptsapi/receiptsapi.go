// Package receiptsapi is the contract of the shop's receipts: everybody sees those of
// their own payments. Nothing writes one over HTTP; a payment does, by its event.
package receiptsapi

import (
	"time"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/money"
)

// Module is the contract.
var Module = api.Module("receipts")

// Read is the permission to see one's own receipts.
var Read = auth.Perm("receipts:read", "See your receipts").GrantTo("customer")

// A Receipt says that somebody has paid.
type Receipt struct {
	Number    int64       `json:"number" minimum:"1" doc:"Counts from 1 over all receipts of the shop, without gaps."`
	PaymentID uuid.UUID   `json:"payment_id" format:"uuid"`
	PayableID uuid.UUID   `json:"payable_id" format:"uuid" doc:"What was paid for: a cart."`
	Amount    money.Money `json:"amount"`
	PaidAt    time.Time   `json:"paid_at"`
}

// GetInput is the input of [Get].
type GetInput struct {
	Number int64 `path:"number" minimum:"1"`
}

// Get returns one receipt.
var Get = api.GET[GetInput, Receipt](Module, "/receipts/{number}", auth.Need(Read).Owner(), "See a receipt")

// MaxPage is how many receipts [List] returns at most.
const MaxPage = 50

// ListInput is the input of [List].
type ListInput struct {
	Before int64 `query:"before" minimum:"1" doc:"Only those with a smaller number: the last one of the page before."`
}

// Receipts are some, the latest first.
type Receipts struct {
	Receipts []Receipt `json:"receipts" nullable:"false"`
}

// List returns the latest receipts of whoever asks.
var List = api.GET[ListInput, Receipts](Module, "/receipts", auth.Need(Read), "See your receipts, the latest first, fifty at a time")
