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

// An Outcome is how a payment ended for its payable.
type Outcome string

// The outcomes.
const (
	OutcomeCaptured Outcome = "captured" // it is paid for, for ever
	OutcomeFailed   Outcome = "failed"   // it is free again
)

// SettleInput is the input of [Settle].
type SettleInput struct {
	ID   uuid.UUID `path:"id" format:"uuid" doc:"The payable."`
	Body Settlement
}

// A Settlement says how a payment ended.
type Settlement struct {
	PaymentID uuid.UUID `json:"payment_id" format:"uuid"`
	Outcome   Outcome   `json:"outcome" enum:"captured,failed"`
}

// Settle is called as the service when it is known how a payment ended. It may
// be called again with the same outcome, and with a failure for a claim that
// was refused or has never arrived.
var Settle = api.Needs[SettleInput, api.Empty](Module, "PUT /payables/{id}/settlement",
	auth.Services("acquiring"), "Tell a payable how its payment ended")
