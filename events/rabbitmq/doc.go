// Package rabbitmq carries events between processes over RabbitMQ.
//
//	bus, err := rabbitmq.Open(rabbitmq.Config{URL: url, Subscriptions: all})
//	…
//	go bus.Run(ctx)
//	go bus.Consume(ctx, subscription, accept)
//	err = bus.Publish(ctx, batch)
//
// # On the broker
//
//   - A topic exchange, events. Its routing key is the topic: cart.checked_out.v1.
//   - A quorum queue for each subscribed module, svc.cart. Of the processes that consume it
//     one gets the messages, in their order; another follows when it is gone.
//   - A second one, svc.cart.parked, for what the module could not take: envelopes that
//     cannot be read, with the reason, and what the broker has delivered 100 times in vain.
//   - A message is a CloudEvent in binary mode: attributes in headers, data in the body.
//
// The arguments of a queue are fixed at its birth. What may change, such as limits, is a
// policy of the operator's. There is no limit of length: watch [Bus.Depths] instead, since
// with one a dead consumer would block every producer.
//
// # Guaranteed
//
//   - After Publish returned nil every queue that wants the messages has them on disk, on
//     a majority of its nodes.
//   - A message leaves its queue only when its module has accepted it or it is parked.
//   - Connections come back by themselves, for ever. Publish waits for them for a while and
//     then returns an error; Consume waits until its context is done.
//   - A broker that is short of memory or disk is waited for as well, and acknowledging
//     goes on meanwhile: publishers and consumers have a connection each. One that is slow
//     may take its time: only silence ends a connection.
//   - An event that no module wants is no error; the log says so once of each topic. If a
//     module wants it and its queue is gone, the queue is declared again and Publish returns
//     an error, so that its caller publishes once more, also if the event has reached others.
//   - A module whose queue exists with other arguments gets nothing until somebody mends
//     it, and loses nothing; the log and [Bus.Apply] say how. Others go on.
//   - Healthy is an error only while a connection that is needed is down, and names no user.
//   - No error and no line of the log holds the password.
//
// # Not guaranteed
//
//   - That a message comes once: it comes again when a confirm or an acknowledgement is lost.
//   - What was in a queue that somebody deleted, or came for it in the moment until its
//     module, which runs, had it declared again. The producers' outboxes have it still.
//   - Patience with a module whose process dies over and over: what the broker has brought it
//     100 times is parked, from where [Bus.Redrive] sends it again.
//   - That a topic to which a module no longer subscribes stays away: its binding remains
//     until [Bus.Unsubscribe] or a person removes it.
//   - [Bus.Run] returns an error if the broker refuses the user or the virtual host from the
//     start. A refusal later on is waited for.
//
// # Private node
//
// [StartPrivate] runs RabbitMQ for whoever has none at hand. A program that uses it calls
// [Supervise] first of all, since the node's supervisor is the program itself, started
// once more.
//
//   - Processes that name the same folder share one node. It ends with the last of them,
//     even if that was killed, and leaves nothing but durable data. A folder that somebody
//     else made, or may write into, is refused.
//   - It listens on 127.0.0.1 alone, with a random password, and runs as whoever started it.
//   - RabbitMQ must be installed; scripts/setup.sh does that. It takes 4 to 13 seconds to
//     start and 150 MB.
//   - It is for Linux and macOS. On macOS a node whose supervisor was killed lives on
//     until the next start.
//
// # Testing
//
// Package rabbitmqtest gives each test a virtual host, or a node of its own to break.
package rabbitmq
