package rabbitmq

import "github.com/slipway-go/slipway/events"

// HeadersOf returns the headers with which a message travels.
func HeadersOf(m events.Message) map[string]any { return publishing(m).Headers }

// Names on the broker.
const Exchange = exchange

// QueueOf returns the queue of a module.
func QueueOf(module string) string { return queueOf(module) }
