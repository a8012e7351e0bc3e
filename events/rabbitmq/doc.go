// Package rabbitmq carries events between processes over RabbitMQ.
//
// # Private node
//
// [StartPrivate] runs RabbitMQ for whoever has none at hand. A program that uses it calls
// [Supervise] first of all, since the node's supervisor is the program itself, started
// once more.
//
//   - Processes that name the same folder share one node. It ends with the last of them,
//     even if that was killed, and leaves nothing but durable data.
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
