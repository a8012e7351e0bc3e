package events_test

import (
	"bytes"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/events"
	"github.com/slipway-go/slipway/money"
)

type module string

func (m module) ModuleName() string { return string(m) }

const (
	harbour = module("harbour")
	customs = module("customs")
)

// An arrival has a field of every kind whose schema is not obvious.
type arrival struct {
	ID      uuid.UUID         `json:"id" doc:"The arrival's id."`
	Ship    ship              `json:"ship"`
	Tugs    []ship            `json:"tugs,omitempty"`
	At      time.Time         `json:"at"`
	Due     money.Money       `json:"due"`
	Pilot   *string           `json:"pilot" doc:"Empty when she came in by herself."`
	Berth   string            `json:"berth,omitempty" enum:"north,south"`
	Papers  map[string]ship   `json:"papers,omitempty"`
	Remarks map[string]string `json:"remarks,omitempty"`
	Draught float64           `json:"draught" minimum:"0"`
	Bill    []byte            `json:"bill,omitempty"`
	secret  string
}

type ship struct {
	Name string `json:"name" maxLength:"50" example:"Emma"`
}

type clearance struct {
	Arrival uuid.UUID `json:"arrival"`
	Ship    ship      `json:"ship"`
}

var (
	arrived   = events.Define[arrival](harbour, "ship.arrived", 1, "A ship lies at its berth & may be unloaded.").Key("the arrival's id")
	arrivedV2 = events.Define[clearance](harbour, "ship.arrived", 2, "A ship lies at its berth.")
	cleared   = events.Define[clearance](customs, "cleared", 1, "A ship's load may leave the harbour.")
)

func channels() []events.Channel {
	return []events.Channel{
		{Definition: cleared.Declared(), Consumers: []string{"harbour"}},
		{Definition: arrived.Declared(), Consumers: []string{"customs", "pilots", "customs"}},
		{Definition: arrivedV2.Declared()},
	}
}

// The document in testdata is checked against AsyncAPI's own schema by tools/asyncapi.
func TestDocument(t *testing.T) {
	t.Parallel()
	_ = arrival{}.secret
	got, err := events.Document(events.Info{Title: "port", Version: "7", Description: "A port."}, channels()...)
	if err != nil {
		t.Fatal(err)
	}

	t.Run("is that of the golden file", func(t *testing.T) {
		t.Parallel()
		const golden = "testdata/port.asyncapi.json"
		if os.Getenv("SLIPWAY_UPDATE") == "1" && os.Getenv("CI") == "" {
			if err := os.WriteFile(golden, got, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("the document differs from %s; if it is right, run SLIPWAY_UPDATE=1 go test ./events\n%s", golden, got)
		}
	})

	t.Run("is the same whatever the order", func(t *testing.T) {
		t.Parallel()
		reversed := channels()
		slices.Reverse(reversed)
		again, err := events.Document(events.Info{Title: "port", Version: "7", Description: "A port."}, reversed...)
		if err != nil || !bytes.Equal(got, again) {
			t.Errorf("Document() = %s, %v", again, err)
		}
	})

	t.Run("has no reference that leads nowhere", func(t *testing.T) {
		t.Parallel()
		var doc any
		if err := json.Unmarshal(got, &doc); err != nil {
			t.Fatal(err)
		}
		refs := references(doc)
		if len(refs) < 20 {
			t.Errorf("got %d references, want more: are they found?", len(refs))
		}
		for _, ref := range refs {
			if !leads(doc, ref) {
				t.Errorf("%s leads nowhere", ref)
			}
		}
	})

	t.Run("lets data grow", func(t *testing.T) {
		t.Parallel()
		if bytes.Contains(got, []byte(`"additionalProperties": false`)) {
			t.Error("a schema refuses fields that it does not know")
		}
	})
}

func TestDocument_refuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		channels []events.Channel
		want     string
	}{
		"a wrong definition": {[]events.Channel{{Definition: events.Define[ship](harbour, "Sunk", 1, "A ship sank.").Declared()}}, "event harbour.Sunk: its name"},
		"an event twice":     {append(channels(), channels()...), "describe event customs.cleared.v1: it is given twice"},
		"data that is written as something else": {
			[]events.Channel{{Definition: events.Define[time.Time](harbour, "noon", 1, "It is noon.").Declared()}}, "time.Time is not written as a JSON object",
		},
		"types of one name": {
			[]events.Channel{
				{Definition: arrived.Declared()},
				{Definition: otherShip()},
			}, "duplicate name: harbour.Ship",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := events.Document(events.Info{Title: "port", Version: "7"}, c.channels...)
			if got != nil || err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("Document() = %s, %v, want %q", got, err, c.want)
			}
		})
	}
}

func otherShip() *events.Definition {
	type ship struct{ Tons int } // another type of the same name
	return events.Define[ship](harbour, "ship.left", 1, "A ship left.").Declared()
}

// references returns every $ref below v.
func references(v any) []string {
	var all []string
	switch v := v.(type) {
	case map[string]any:
		for name, value := range v {
			if ref, ok := value.(string); ok && name == "$ref" {
				all = append(all, ref)
			}
			all = append(all, references(value)...)
		}
	case []any:
		for _, value := range v {
			all = append(all, references(value)...)
		}
	}
	return all
}

func leads(doc any, ref string) bool {
	for step := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
		object, _ := doc.(map[string]any)
		if doc = object[step]; doc == nil {
			return false
		}
	}
	return true
}
