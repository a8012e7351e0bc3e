// Package acquiringapi is the contract of module acquiring: how a payment is
// made, and what acquiring needs from whatever is paid for.
//
// Begin with [Create], under an Idempotency-Key: send the same key again when
// an answer was lost, a new key for a new payment.
//
// A module whose things can be paid for is a payable. It serves two needs, and
// the setting ACQUIRING_PAYABLE names it:
//
//	var ClaimPayable = api.Serve(Module, acquiringapi.Claim)
//	var SettlePayable = api.Serve(Module, acquiringapi.Settle)
//
// # Guaranteed
//
//   - One key never charges twice, whatever is repeated and whatever dies.
//   - Nothing is charged that its payable has not let itself be claimed for, by
//     its owner and for exactly that amount.
//   - Every claim is settled, a refused one too, once it is known how the payment
//     ended. A payable may be told the same again.
//
// # Not guaranteed
//
// A payment may stay pending for as long as the acquirer does not say how it
// ended.
package acquiringapi
