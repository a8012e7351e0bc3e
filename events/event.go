package events

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"time"
	"unicode/utf8"

	"github.com/slipway-go/slipway/internal/onbehalf"
	"github.com/slipway-go/slipway/internal/uuid7"
	"github.com/slipway-go/slipway/telemetry"
)

// An Event is a kind of event as a value of its producer's contract. T is its data,
// a struct that is written as JSON.
type Event[T any] struct {
	*Definition
}

// Define declares an event of a module. The version is the major one: within it data
// only grows, by fields that may be missing. The doc says what has happened.
func Define[T any](m Module, name string, version int, doc string) *Event[T] {
	return &Event[T]{define(m, name, version, reflect.TypeFor[T](), doc)}
}

// Key says what the key of such an event names: "the payment's id".
func (e *Event[T]) Key(doc string) *Event[T] {
	e.key = doc
	return e
}

// A Tx keeps what is emitted until it commits. A postgres.Tx is one, and a whole
// database is not.
type Tx interface {
	AtCommit(sql string, args ...any)
	Signal(name string)
}

// MaxData bounds the data of one event, in bytes of JSON. What is larger belongs into
// a file or a route, and the event names it.
const MaxData = 256 << 10

// MaxKey bounds an event's key, in bytes.
const MaxKey = 255

// MaxSubject bounds the identifier of whoever caused an event, in bytes. It is more
// than a token carries; what were longer would fit into the frame of no broker.
const MaxSubject = 32 << 10

// Emitted is the signal of a transaction that has emitted an event, for the relay of
// this process.
const Emitted = "outbox"

// The statement of an event's row, which is sent with the commit.
const insert = `INSERT INTO kit_outbox (id, type, version, key, traceparent, subject, data, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`

// Emit broadcasts an event if the transaction commits, and does nothing otherwise.
// The key names what the event is about; it may be empty. The event's trace and
// subject are those of the context.
func (e *Event[T]) Emit(ctx context.Context, tx Tx, key string, data T) error {
	within, span := telemetry.Start(ctx, telemetry.Producer, "emit "+e.Topic())
	if span != nil {
		ctx = within // what follows from the event is below its span
	}
	m, err := e.Message(ctx, key, data)
	if err != nil {
		span.Fail(err.Error())
		span.End()
		return fmt.Errorf("emit %s: %w", e.Topic(), err)
	}
	if span != nil {
		span.End(m.Attrs("create")...)
	}
	tx.AtCommit(insert, m.ID, m.Type, m.Version, m.Key, m.Traceparent, m.Subject, m.Data, m.Time)
	tx.Signal(Emitted)
	return nil
}

// Message returns what Emit would emit, for tests of those who subscribe.
func (e *Event[T]) Message(ctx context.Context, key string, data T) (Message, error) {
	if err := e.Err(); err != nil {
		return Message{}, err
	}
	if len(key) > MaxKey || !utf8.ValidString(key) {
		return Message{}, fmt.Errorf("its key is %d bytes: expected UTF-8 of %d bytes or fewer", len(key), MaxKey)
	}
	subject := onbehalf.Subject(ctx)
	if len(subject) > MaxSubject {
		return Message{}, fmt.Errorf("whoever causes it has an identifier of %d bytes: expected %d or fewer", len(subject), MaxSubject)
	}
	raw, err := json.Marshal(data)
	if err != nil {
		return Message{}, fmt.Errorf("write its data as JSON: %w", err)
	}
	if len(raw) > MaxData {
		return Message{}, fmt.Errorf("its data is %d bytes of JSON: expected %d or fewer; put what is large into a file or behind a route, and its name into the event", len(raw), MaxData)
	}
	return Message{
		ID: uuid7.New(), Type: e.Type(), Version: e.version, Key: key, Time: time.Now(),
		Traceparent: telemetry.SpanFrom(ctx).Traceparent(), Subject: subject, Data: raw,
	}, nil
}
