package events

import (
	"crypto/rand"
	"encoding/binary"
	"time"

	"github.com/google/uuid"
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

// newID returns a UUID of version 7 (RFC 9562), so that rows that are written
// together lie together. It keeps no state between two, which a test in a bubble
// would see.
func newID() uuid.UUID {
	var id uuid.UUID
	_, _ = rand.Read(id[6:]) // never fails
	binary.BigEndian.PutUint64(id[:8], uint64(time.Now().UnixMilli())<<16|
		uint64(binary.BigEndian.Uint16(id[6:8])))
	id[6] = id[6]&0x0f | 0x70
	id[8] = id[8]&0x3f | 0x80
	return id
}
