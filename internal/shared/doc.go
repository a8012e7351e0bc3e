// Package shared lets several processes share one server of this machine, such as a
// private RabbitMQ, which ends with the last of them.
//
//	var kind = shared.Kind{Name: "RabbitMQ", Package: "rabbitmq", Variable: "SLIPWAY_RABBITMQ_SUPERVISOR"}
//
//	func Supervise() { kind.Supervise(newServer) } // the first line of main
//
//	s, err := shared.Join(ctx, &kind, shared.Request[state]{Dir: dir, Order: order, Answers: answers})
//	…
//	defer s.Close()
//
// # Guaranteed
//
//   - Processes that name one folder have one server. Who comes first starts its
//     supervisor, which is the program itself, started once more.
//   - The supervisor stops the server when the last share is closed or its process
//     has died, however it died; or later, where it is asked
//     to linger or somebody keeps it to look into it.
//   - The folder belongs to the user of the process and is closed to the writing of
//     others, for root too; otherwise Join refuses and says what to do.
//   - A share that was given holds: nobody joins a server that is about to stop.
//
// # Not guaranteed
//
//   - A server that ends by itself takes its supervisor along; the shares of it lead
//     nowhere then. The next Join starts another.
//   - What a killed supervisor leaves running is for the server to see to: on Linux
//     its processes should have a parent death signal.
package shared
