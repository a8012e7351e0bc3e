// Package jobs does a module's work for which nobody waits: what events trigger, what the
// module puts off, and what the clock starts.
//
// A job is registered in the module's set-up, where m is its *slipway.Setup:
//
//	jobs.On(m, "close-cart", acquiringapi.Captured, closeCart{s})
//	s.remind = jobs.Handle(m, "remind", remind{s})
//	jobs.Cron(m, "expire-carts", "*/5 * * * *", s.expire)
//
// It decides, works, and returns what is to change in the module's database:
//
//	type captured = jobs.Delivery[acquiringapi.PaymentCaptured]
//
//	func (h closeCart) IsTriggered(ctx context.Context, d captured) (jobs.Decision, error) {
//		cart, err := h.carts.find(ctx, d.Data.Cart)
//		if err != nil || cart.Closed {
//			return jobs.Skip("the cart is closed"), err
//		}
//		return jobs.Triggered, nil
//	}
//
//	func (h closeCart) Process(ctx context.Context, d captured) (jobs.Effect, error) {
//		label, err := h.parcels.Order(ctx, d.IdempotencyKey(), d.Data.Cart)
//		if err != nil {
//			return nil, err // and the job is tried again later
//		}
//		return func(ctx context.Context, tx postgres.Tx) error { return h.carts.close(ctx, tx, d.Data.Cart, label) }, nil
//	}
//
// # Guaranteed
//
//   - Each job of each event that was accepted, each enqueued job and each slot of a
//     schedule takes effect exactly once: the [Effect] and the mark that it has happened
//     are one transaction, which only the latest attempt can commit. Nothing else is
//     exactly once; what Process asks of others takes [Delivery.IdempotencyKey], which
//     stays the same over all attempts.
//   - An attempt that fails, panics, or takes longer than its timeout is made again, after
//     a pause that grows from a second to an hour. After [Job.Attempts] the job is dead: it
//     is reported, once, and waits for a person (see [Admin]).
//   - A problem of what the job asks for (package problem, 4xx) ends it at once, without
//     a report; but for 408, 425 and 429, which pass.
//   - What a process did when it died runs again within three seconds, which counts as a
//     failure, so that a job that kills its process ends as dead as well. A process that
//     hangs has the job's timeout and ten seconds more; a host that vanished, some seventeen.
//     A database that starts anew costs what runs no failure, unless a process needs over
//     a second to connect again.
//   - A process that is told to stop begins nothing new, lets jobs finish for a while
//     and hands the rest back, which counts for nothing.
//   - A job that ignores the end of its context is left alone after five seconds. It can
//     change nothing more, but its goroutine stays.
//   - A slow job or its backlog holds up no other job of the module.
//   - An event that reaches a process without a job for it, such as one of the release
//     before, is set aside. A process that has one takes it up within about a second.
//     What nobody has wanted for two weeks is deleted, and the log says so.
//   - Schedules have one run for each slot over all processes.
//
// # Not guaranteed
//
//   - Order. Each job mostly takes the oldest first, but retries and concurrency change it.
//   - That IsTriggered is still right when Process runs. What must hold for the effect
//     is looked at again in its transaction.
//   - That a new job on an event that the module handled before sees those which the
//     release before it accepts: during a deployment that is some of them. It begins with what
//     a process of the new release accepts. The command events replay brings the rest, to
//     the module's other jobs on the event as well.
//   - Speed while a transaction of the server stays open for hours, as a backup's does: the
//     server keeps what was done since in its indices, and to find what is ready takes
//     longer, up to some 60 ms after 300,000 jobs. It passes with the transaction.
//   - A job that was renamed leaves its deliveries behind: nobody runs them, and
//     [Admin.Counts] shows them.
//
// # Schedules
//
// The times are those that a clock in the schedule's zone shows. A time that the clock
// leaves out when it goes forward comes at that moment instead, once for all such times; one
// that it shows twice when it goes back comes the first time. Schedules of every hour
// (such as */5 * * * *) and @every go by the time that passes. What nobody was there for is
// [Coalesce], [SkipMissed] or [CatchUp]. A changed expression is planned anew when a process
// with it starts, and from then on only processes with it serve the schedule. If none of them
// is left, as when one of the release before started last in a deployment, the others take it
// over when a time by that expression has been missed for a minute.
//
// # Testing
//
// Package slipwaytest runs jobs in a test when the test says so, on its own clock. What is
// between the two parts of a handler is a function of its arguments, and can be called.
package jobs
