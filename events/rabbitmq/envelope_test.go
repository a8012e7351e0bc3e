package rabbitmq_test

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/events"
	"github.com/slipway-go/slipway/events/rabbitmq"
)

type order struct{}

type shop struct{}

func (shop) ModuleName() string { return "shop" }

// Whoever reads the description of the events must find what travels.
func TestEnvelope_isAsDescribed(t *testing.T) {
	t.Parallel()
	def := events.Define[order](shop{}, "order.paid", 3, "An order was paid.").Key("the order's id").Declared()
	document, err := events.Document(events.Info{Title: "shop", Version: "1"}, events.Channel{Definition: def})
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Components struct {
			Messages map[string]struct {
				Headers struct {
					Properties map[string]struct {
						Enum []any `json:"enum"`
					} `json:"properties"`
					Required []string `json:"required"`
				} `json:"headers"`
			} `json:"messages"`
		} `json:"components"`
	}
	if err := json.Unmarshal(document, &doc); err != nil {
		t.Fatal(err)
	}
	described := doc.Components.Messages[def.Topic()].Headers

	bare := events.Message{ID: uuid.New(), Type: def.Type(), Version: def.Version(), Time: time.Now(), Data: []byte("{}")}
	if got, want := slices.Sorted(maps.Keys(rabbitmq.HeadersOf(bare))), slices.Sorted(slices.Values(described.Required)); !slices.Equal(got, want) {
		t.Errorf("headers of the least = %v, described as required = %v", got, want)
	}
	full := bare
	full.Key, full.Subject, full.Traceparent = "o1", "anna", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	headers := rabbitmq.HeadersOf(full)
	if got, want := slices.Sorted(maps.Keys(headers)), slices.Sorted(maps.Keys(described.Properties)); !slices.Equal(got, want) {
		t.Errorf("headers = %v, described = %v", got, want)
	}
	for name, p := range described.Properties {
		value := headers[name]
		if n, ok := value.(int64); ok {
			value = float64(n) // as JSON has it
		}
		if len(p.Enum) > 0 && !slices.Contains(p.Enum, value) {
			t.Errorf("%s = %v, described as one of %v", name, value, p.Enum)
		}
	}
}
