// Package acquiringapi is the contract of module acquiring: how a payment is
// made, and what acquiring needs from whatever is paid for.
//
// Begin with [Create], under an Idempotency-Key: send the same key again when
// an answer was lost, a new key for a new payment.
//
// A module whose things can be paid for is a payable. It serves two needs, and
// the setting ACQUIRING_PAYABLE names it; and it subscribes to [Captured], by which it
// closes what was paid for:
//
//	var ClaimPayable = api.Serve(Module, acquiringapi.Claim)
//	var ReleasePayable = api.Serve(Module, acquiringapi.Release)
//
// # Guaranteed
//
//   - One key never charges twice, whatever is repeated and whatever dies.
//   - Nothing is charged that its payable has not let itself be claimed for, by
//     its owner and for exactly that amount.
//   - Every claim is settled once it is known how the payment ended: by [Captured] if
//     the money is ours, by [Release] otherwise, also for a claim that was refused. A
//     payable may be told the same again.
//   - [Captured] is emitted once for each payment whose money is ours, and for no other.
//
// # Not guaranteed
//
// A payment may stay pending for as long as the acquirer does not say how it
// ended.
package acquiringapi
