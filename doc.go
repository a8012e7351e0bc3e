// Package slipway puts modules together into a product.
//
// A module is a contract (package api) and a set-up that registers what serves
// it; [NewModule] joins the two. A product's main function is a list:
//
//	func main() { slipway.Main(sso.New(), cart.New(), acquiring.New(simulator.Adapter()), catalog.New()) }
//
// Which modules a process hosts, and where the others live, is read from the
// environment; see docs/architecture.md.
//
// # Guaranteed
//
//   - [New] finds every mistake in settings, contracts and topology at once and
//     starts nothing. A route without a handler, a handler without a declared
//     route, a neighbour that nobody declared: each keeps the process from
//     starting, with a message that says what to do.
//   - A module gets its own database, logger and callers, and no way to those of
//     others. Between modules nothing passes but calls. [Setup.Outside] is its way
//     to hosts outside of the product.
//   - [App.Run] stops in order: not ready, no new requests, requests in hand
//     finished, background work ended, databases closed. The first failure stops
//     everything and is the returned error.
//   - In production nothing is started privately and no credential is made up;
//     what is missing is an error.
//   - stdout carries JSON lines and nothing else; what is for a person goes to
//     stderr.
//
// [Main] makes the process's logger slog's default, so that what a library logs
// is a line of JSON with its secrets hidden, too. It sets GOGC to 400 and a memory
// limit when the environment sets neither GOGC nor GOMEMLIMIT: a small service's
// heap sits at the runtime's minimum and would be collected constantly.
//
// # Testing
//
// Package slipwaytest runs modules in a test, each in its own world.
package slipway
