// Package node runs one RabbitMQ on 127.0.0.1, for development and tests.
//
// Everything of it lies in one folder, and its user has a random password. It can be
// stopped, killed and started again on the same port. On Linux its processes end
// with the one that started them.
package node
