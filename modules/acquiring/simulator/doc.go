// Package simulator is an acquirer that moves no money: the provider for
// development, tests and demonstrations.
//
//	acquiring.New(simulator.Adapter())
//
// What it does depends on the card:
//
//	4242 4242 4242 4242  is approved
//	4000 0000 0000 0002  is declined
//	4000 0000 0000 9995  is declined for insufficient funds
//	4000 0000 0000 0341  is charged, and the answer is lost
//	4000 0000 0000 0358  never arrives, as if the connection broke before
//	4000 0000 0000 0366  is charged, and the answer takes [Delay]
//
// Any other card is declined: this is no place for a real one.
//
// # Guaranteed
//
// It behaves as a company outside would: it keeps books of its own, which
// survive a crash of the module, and charges once for a key, however often it
// is asked.
//
// # Testing
//
// The books are the table simulated_charges in the schema of module acquiring.
// A test counts the rows of a reference (the cart) that are approved.
package simulator
