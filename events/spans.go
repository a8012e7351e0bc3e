package events

import (
	"context"

	"github.com/slipway-go/slipway/telemetry"
)

// A Batch are the spans of messages that go a part of their way together.
type Batch []messageSpan

type messageSpan struct {
	span    *telemetry.Span
	message *Message
	does    string
}

// Spans begins a span for each message of a sampled trace, below the one by which it was
// emitted and linked to it: what happens to a batch is a part of many traces. does says what
// happens ("publish"), and operation what that is in the words of [Message.Attrs].
//
// A batch that fails comes again, perhaps for hours. So it is left without End, and the log
// tells; traces have only what has happened.
func Spans(t *telemetry.Tracer, module string, kind telemetry.Kind, does, operation string, batch []Message) Batch {
	if t == nil {
		return nil
	}
	var all Batch
	for i := range batch {
		m := &batch[i]
		emitted := m.Trace()
		if !emitted.Sampled {
			continue
		}
		_, span := t.Begin(context.Background(), emitted, module, kind, does+" "+m.Topic())
		span.Link(emitted)
		all = append(all, messageSpan{span, m, operation})
	}
	return all
}

// End ends the spans: what was begun is done.
func (b Batch) End() {
	for _, s := range b {
		s.span.End(s.message.Attrs(s.does)...)
	}
}
