// Package outbox carries events from the transactions that emit them to the bus. The
// transaction writes a row into the module's schema (see events.Event.Emit); a relay
// reads the rows, hands them to the bus and marks them. Nothing is written twice, so
// there is no moment at which one of two has happened.
//
//	o := outbox.New(db)
//	relay := outbox.NewRelay(outbox.RelayConfig{Outbox: o, Bus: bus, Topics: topics, Locks: locks})
//	err := relay.Run(ctx)
//
// # Guaranteed
//
//   - What was committed is published, however often a process dies. What was rolled
//     back is not.
//   - Of all processes with a module one relays; when it dies another one takes over
//     within a second or so.
//   - Events are published in the order of their rows, several hundred at once.
//   - A commit in this process wakes the relay; what other processes commit is found
//     within a second.
//   - A relay publishes the topics that its version of the module declares. In a rolling
//     deployment events that only the next version knows wait for a relay of that; they
//     hold up no others, and the log tells of each topic once.
//   - What a bus within the process held for its subscribers is published once more by the first
//     relay over another bus ([RelayConfig.Unhold]).
//   - Published events stay for [Retention], and [Outbox.Published] reads them for a replay.
//     What is held for a subscriber stays for as long as it is held.
//
// # Not guaranteed
//
//   - That an event is published once only: a process may die between publishing and
//     marking, with up to a thousand in hand. Subscribers know the event by its id.
//   - Order beyond one module, and that of transactions that overlap.
//   - Progress while the bus is away. The rows wait; see [Outbox.Depth].
//
// # Testing
//
// [Relay.Pass] publishes what there is and returns. A relay without Locks works
// in a virtual database, too.
package outbox
