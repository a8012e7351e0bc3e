package acquiringapi

import (
	"github.com/google/uuid"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/money"
)

// The codes with which a payable refuses a claim. Whoever pays is told of them
// in the payable's words.
const (
	CodeTotalChanged     = "total_changed"       // 409: its total is another than the amount
	CodeCurrencyMismatch = "currency_mismatch"   // 409: its total is in another currency
	CodeInProgress       = "payment_in_progress" // 409: another payment has claimed it
	CodeAlreadyPaid      = "already_paid"        // 409: it is closed
	CodeClaimOver        = "claim_over"          // 409: this very payment was settled before
)

// ClaimInput is the input of [Claim].
type ClaimInput struct {
	ID   uuid.UUID `path:"id" format:"uuid" doc:"The payable."`
	Body ClaimRequest
}

// A ClaimRequest says which payment wants to charge what.
type ClaimRequest struct {
	PaymentID uuid.UUID   `json:"payment_id" format:"uuid"`
	Amount    money.Money `json:"amount"`
}

// Claimed is what a payable says of itself.
type Claimed struct {
	Owner string      `json:"owner" doc:"The subject whose it is."`
	Total money.Money `json:"total"`
}

// Claim is called as the user before anything is charged. The payable checks
// that it is the user's, that it can be paid for, and that its total is the
// amount; then it locks itself for this payment: it changes no more and no other
// payment can claim it.
//
// It is a PUT: a payable that is claimed once more by the same payment answers
// as before, so a lost answer can be asked for again. A payment that was settled
// can claim nothing any more, however late its claim arrives.
var Claim = api.Needs[ClaimInput, Claimed](Module, "PUT /payables/{id}/claim",
	auth.Services("acquiring").Owner(), "Lock a payable for one payment")

// ReleaseInput is the input of [Release].
type ReleaseInput struct {
	ID   uuid.UUID `path:"id" format:"uuid" doc:"The payable."`
	Body Released
}

// Released says which payment has come to nothing.
type Released struct {
	PaymentID uuid.UUID `json:"payment_id" format:"uuid"`
}

// Release is called as the service when a payment has come to nothing: whoever was
// about to pay may want to pay in another way, at once. It may be called again, and
// for a claim that was refused or has never arrived. Of a payment that came to its end
// well the payable learns by [Captured].
var Release = api.Needs[ReleaseInput, api.Empty](Module, "PUT /payables/{id}/release",
	auth.Services("acquiring"), "Give a payable back whose payment has come to nothing")
