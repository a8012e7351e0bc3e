// Package events broadcasts what has happened in a module to every module that wants
// to know. Producers know no consumers.
//
// An event is a value of its producer's contract:
//
//	// Captured is emitted when the money of a payment is ours.
//	var Captured = events.Define[PaymentCaptured](Module, "payment.captured", 1, "The money of a payment is ours.").
//		Key("the payment's id")
//
// It is emitted in the transaction that makes it true, and handled by a job of
// another module (see the package jobs):
//
//	err := db.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error {
//		…
//		return acquiringapi.Captured.Emit(ctx, tx, p.ID.String(), acquiringapi.PaymentCaptured{…})
//	})
//
//	jobs.On(m, "close-cart", acquiringapi.Captured, closeCart{s})
//
// # Guaranteed
//
//   - An event reaches every subscribed module if its transaction commits, and none
//     otherwise. There is no way to emit without a transaction.
//   - Each triggered job of each event takes effect exactly once, however often the
//     event arrives.
//   - A subscriber that is slow or broken holds up no other, and no producer.
//   - All of it in one process and over RabbitMQ alike; eventstest proves both.
//   - An event carries its trace and the subject who caused it, never a token.
//
// # Not guaranteed
//
//   - Order. Events of one module are mostly handled in the order of their emission,
//     but retries, restarts and concurrency change it. A job looks at what is now.
//   - That an event arrives soon: its subscriber may be down. It arrives when it is up.
//
// # Versions
//
// Within a major version data only grows, by fields that may be missing: whoever reads it
// ignores what it does not know. Anything else is a new version, which the producer
// emits beside the old one for as long as somebody subscribes to that.
//
// # Testing
//
// Package slipwaytest runs events and jobs in every test, see its Published and
// RunJobs. Package eventstest has what a [Bus] must pass.
package events
