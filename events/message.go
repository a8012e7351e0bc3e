package events

import (
	"log/slog"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/telemetry"
)

// A Message is an event on its way: what a bus carries, whatever its type. On the
// wire it has the attributes of CloudEvents 1.0
// (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md).
type Message struct {
	ID      uuid.UUID // version 7; the same however often the message arrives
	Type    string    // cart.checked_out
	Version int       // the major version
	Key     string    // what the event is about; may be empty
	Time    time.Time // when it was emitted

	Traceparent string // where it was emitted, as W3C Trace Context; may be empty
	Subject     string // who caused it; empty for nobody

	Data []byte // JSON
}

// Topic returns the message's type and version: cart.checked_out.v1.
func (m Message) Topic() string { return Topic(m.Type, m.Version) }

// Attrs describe the message in a span that creates, sends, receives or processes it, in the
// words of OpenTelemetry (https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/).
func (m Message) Attrs(operation string) []slog.Attr {
	return []slog.Attr{
		slog.String(telemetry.MessagingSystem, "slipway"), slog.String(telemetry.MessagingOperation, operation),
		slog.String(telemetry.MessagingDestination, m.Topic()), slog.String(telemetry.MessagingMessageID, m.ID.String()),
	}
}

// Trace returns where the message was emitted; it is not valid for one that was emitted
// outside of every trace.
func (m Message) Trace() telemetry.SpanContext {
	at, _ := telemetry.ParseTraceparent(m.Traceparent)
	return at
}

// Module returns the name of the module that emitted the message.
func (m Message) Module() string { return ModuleOf(m.Type) }

// ModuleOf returns the name of the module in an event's type, or in a topic.
func ModuleOf(typ string) string {
	module, _, _ := strings.Cut(typ, ".")
	return module
}
