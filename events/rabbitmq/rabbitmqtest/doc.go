// Package rabbitmqtest gives tests a RabbitMQ.
//
//	func TestMain(m *testing.M) {
//		rabbitmq.Supervise() // first of all: the node's supervisor is this program
//		os.Exit(m.Run())
//	}
//
//	func TestOrders(t *testing.T) {
//		url := rabbitmqtest.URL(t) // a virtual host of its own
//		…
//	}
//
// # Guaranteed
//
//   - All test processes share one node, which takes some seconds to start, once. It
//     ends a minute after the last of them, even if that was killed.
//   - [URL] gives each test a virtual host, made in some milliseconds and dropped with
//     all its queues when the test ends. So names need no prefix.
//   - [Start] gives a test a node of its own, to stop, kill, freeze and start again.
//   - Where RabbitMQ is not installed the test fails and says how to install it.
package rabbitmqtest
