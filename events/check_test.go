package events_test

import (
	"strings"
	"testing"

	"github.com/slipway-go/slipway/events"
)

func TestDefinition_Check(t *testing.T) {
	t.Parallel()
	type moored struct {
		Ship   string `json:"ship" minLength:"1"`
		Berth  string `json:"berth" enum:"north,south"`
		Tonnes int64  `json:"tonnes,omitempty" minimum:"1"`
	}
	e := events.Define[moored](harbour, "ship.moored", 1, "A ship lies at its berth.")

	for name, data := range map[string]string{
		"no JSON":            `{"ship":`,
		"a list":             `[]`,
		"a missing field":    `{"ship":"Ada"}`,
		"another type":       `{"ship":1,"berth":"north"}`,
		"an unknown word":    `{"ship":"Ada","berth":"west"}`,
		"a number too small": `{"ship":"Ada","berth":"north","tonnes":-1}`,
	} {
		t.Run("refuses "+name, func(t *testing.T) {
			t.Parallel()
			if err := e.Check([]byte(data)); err == nil {
				t.Errorf("Check(%s) = nil, want an error", data)
			}
		})
	}
	t.Run("says where", func(t *testing.T) {
		t.Parallel()
		if err := e.Check([]byte(`{"ship":"Ada","berth":"west"}`)); err == nil || !strings.Contains(err.Error(), "data.berth") {
			t.Errorf("Check() = %v, want data.berth in it", err)
		}
	})
	t.Run("takes what fits, and a field of a later version", func(t *testing.T) {
		t.Parallel()
		if err := e.Check([]byte(`{"ship":"Ada","berth":"north","flag":"PT"}`)); err != nil {
			t.Errorf("Check() = %v", err)
		}
	})
}
