// Package acquiring takes payments by card.
//
// It knows neither what is paid for nor who moves the money. The first is a
// payable, a neighbour that the setting ACQUIRING_PAYABLE names; the second is a
// [Provider], behind the [Adapter] that a product gives to [New]:
//
//	slipway.Main(cart.New(), acquiring.New(simulator.Adapter()), …)
//
// A payment is a row before anything is asked of anybody:
//
//	created ──claim──► pending ──charge──► captured ──event───► done
//	   │                  ├───────────────► declined ─┬─release─► done
//	   └──────────────────┴───────────────► failed ───┘
//
// A request takes it as far as it can. Whatever stops it on the way (a crash, a
// lost answer, a neighbour that is down) the collector finishes: it looks the
// charge up under the payment's key, and gives the payable back if it came to nothing.
//
// That a payment was captured is an event (acquiringapi.Captured), emitted in the
// transaction that says so. By it the payable closes itself, and whoever else wants to
// know learns of it: this module knows none of them.
//
// # Guaranteed
//
//   - The provider is asked to charge under one key only, the payment's id. What
//     it has not answered is looked up, never charged anew under another key.
//   - Nothing is held in a database transaction while a neighbour or the provider works.
//   - A card's number is passed on and never stored or logged. Of the client's
//     Idempotency-Key only the SHA-256 is kept. With the key itself the number
//     could be guessed from what the kit keeps of the request; it stays as secret
//     as the client's keys are hard to guess.
//   - A payable is told how every payment ended, also one that it refused itself.
//   - acquiringapi.Captured is emitted once for each captured payment, whether its request
//     or the collector found out, and whatever dies; also for one that a version without
//     the event has captured and not yet told its payable of.
//
// # Not guaranteed
//
// What the provider charges and never admits to stays unknown to this module.
//
// # Testing
//
// The simulated acquirer of package simulator has a card for every case, and
// books that can be counted.
package acquiring
