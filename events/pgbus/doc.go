// Package pgbus is the bus of a product that runs in one process, or in several like
// it: messages go straight from the relay of a module to the subscribers beside it.
// It needs nothing but the databases of the modules.
//
//	bus := pgbus.New(pgbus.Config{
//		Subscriptions: subscriptions,                           // of the whole product
//		Stores:        map[string]pgbus.Store{"cart": outbox.New(db)}, // of every module that emits
//	})
//	go bus.Run(ctx)
//	go bus.Consume(ctx, subscription, worker.Accept)
//
// A subscriber that cannot take a message (it refuses, is busy, takes too long, or is
// not there yet) gets it held in the database of the producer, and brought again
// by Run. Until it has everything that is held, what is new is held as well.
//
// # Guaranteed
//
//   - After Publish a message is with the subscriber or held for it, in a database either way,
//     so it survives the death of the process at any point.
//   - A subscriber that refuses or hangs holds up no other: nobody waits for it longer
//     than a second, and nobody at all from then on.
//   - One producer's messages come in their order, as long as one process relays them.
//   - Messages held by a process that has ended are brought by the next one.
//
// # Not guaranteed
//
//   - That a message comes once only. Where several processes hold the same
//     subscriber, each may bring what is held.
//   - Delivery to a module that runs in a process with other modules only: somebody who
//     has both the producer's database and the subscriber must run. Modules that run
//     apart take the bus of the package rabbitmq.
//
// # Testing
//
// Package eventstest proves the contract, with real databases.
package pgbus
