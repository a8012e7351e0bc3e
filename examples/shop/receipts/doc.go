// Package receipts writes a receipt for every payment.
//
// It shows how a product hangs something of its own on an event of a ready module:
// acquiring knows nothing of it. The job is in job.go, the SQL in book.go.
//
//	slipway.Main(…, receipts.New())
//
// # Guaranteed
//
//   - Every captured payment has one receipt, whatever is repeated and whatever dies.
//   - Numbers count from 1, without a gap and without a second of a kind.
//
// # Not guaranteed
//
// That it is there at once: it is written soon after the payment, and later when this
// module was down.
package receipts
