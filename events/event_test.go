package events_test

import (
	"context"
	"strings"
	"testing"

	"github.com/slipway-go/slipway/events"
	"github.com/slipway-go/slipway/internal/onbehalf"
)

// untouched is a transaction in which nothing may be emitted.
type untouched struct{ *testing.T }

func (u untouched) AtCommit(sql string, _ ...any) { u.Errorf("queued %s", sql) }
func (u untouched) Signal(name string)            { u.Errorf("signalled %s", name) }

type actor string

func (a actor) SubjectID() string { return string(a) }

type producer struct{}

func (producer) ModuleName() string { return "shop" }

type note struct {
	Text string `json:"text"`
}

// What a bus could not carry is refused where it is emitted; it would otherwise stand in
// the way of everything that is emitted later.
func TestEvent_Emit(t *testing.T) {
	t.Parallel()
	good := events.Define[note](producer{}, "note.written", 1, "A note is written.")
	long := func(n int) string { return strings.Repeat("x", n+1) }
	caused := func(subject string) context.Context {
		return context.WithValue(t.Context(), onbehalf.Key{}, actor(subject))
	}

	for name, test := range map[string]struct {
		event *events.Event[note]
		ctx   context.Context
		key   string
		text  string
		want  string
	}{
		"ErrDefinition": {events.Define[note](producer{}, "Note", 0, ""), t.Context(), "", "", "its name"},
		"ErrLongKey":    {good, t.Context(), long(events.MaxKey), "", "255"},
		"ErrKeyIsBytes": {good, t.Context(), "\xff", "", "UTF-8"},
		"ErrLargeData":  {good, t.Context(), "", long(events.MaxData), "262144"},
		"ErrSubject":    {good, caused(long(events.MaxSubject)), "", "", "identifier of 32769 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := test.event.Emit(test.ctx, untouched{t}, test.key, note{test.text})
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), test.event.Topic()) {
				t.Errorf("Emit() = %v, want it to name the event and say %q", err, test.want)
			}
		})
	}
}
