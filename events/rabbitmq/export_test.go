package rabbitmq

import "github.com/slipway-go/slipway/events"

// HeadersOf returns the headers with which a message travels.
func HeadersOf(m events.Message) map[string]any { return publishing(m).Headers }
