package eventstest

import (
	"bytes"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/events"
)

// message returns one with all of its fields, of a type and its first version.
func message(typ string, n int) events.Message {
	return events.Message{
		ID: uuid.Must(uuid.NewV7()), Type: typ, Version: 1, Key: fmt.Sprintf("key-%d", n),
		// A microsecond is what PostgreSQL keeps.
		Time:        time.Now().Truncate(time.Microsecond),
		Traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", Subject: "user-7",
		Data: fmt.Appendf(nil, `{"n": %d}`, n),
	}
}

// messages returns n of a type.
func messages(typ string, n int) []events.Message {
	all := make([]events.Message, n)
	for i := range all {
		all[i] = message(typ, i)
	}
	return all
}

func ids(batch []events.Message) []uuid.UUID {
	all := make([]uuid.UUID, len(batch))
	for n, m := range batch {
		all[n] = m.ID
	}
	return all
}

// distinct leaves out what came again, and keeps the order in which messages came first.
func distinct(all []uuid.UUID) []uuid.UUID {
	var first []uuid.UUID
	seen := map[uuid.UUID]bool{}
	for _, id := range all {
		if !seen[id] {
			seen[id] = true
			first = append(first, id)
		}
	}
	return first
}

// hasAll tells whether every id of want is in got.
func hasAll(got, want []uuid.UUID) bool {
	missing := map[uuid.UUID]bool{}
	for _, id := range want {
		missing[id] = true
	}
	for _, id := range got {
		delete(missing, id)
	}
	return len(missing) == 0
}

// difference says in which field two messages differ, or "".
func difference(got, want events.Message) string {
	switch {
	case got.ID != want.ID:
		return fmt.Sprintf("ID %s, want %s", got.ID, want.ID)
	case got.Type != want.Type, got.Version != want.Version:
		return fmt.Sprintf("topic %s, want %s", got.Topic(), want.Topic())
	case got.Key != want.Key:
		return fmt.Sprintf("key %q, want %q", got.Key, want.Key)
	case !got.Time.Equal(want.Time):
		return fmt.Sprintf("time %s, want %s", got.Time, want.Time)
	case got.Traceparent != want.Traceparent:
		return fmt.Sprintf("traceparent %q, want %q", got.Traceparent, want.Traceparent)
	case got.Subject != want.Subject:
		return fmt.Sprintf("subject %q, want %q", got.Subject, want.Subject)
	case !bytes.Equal(got.Data, want.Data):
		return fmt.Sprintf("data of %d bytes, want other %d bytes", len(got.Data), len(want.Data))
	}
	return ""
}
