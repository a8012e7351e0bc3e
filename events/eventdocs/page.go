package eventdocs

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A page is what the template shows.
type page struct {
	Title  string
	Events []event
}

type event struct {
	Topic, Doc, Key, Producer string
	Consumers                 []string
	Fields                    []field
}

// A field is one row: name is its way from the top (ship.name, tugs[].name).
type field struct {
	Name, Type, Doc string
	Required        bool
}

// A document is what the page reads of AsyncAPI.
type document struct {
	Info struct {
		Title string `json:"title"`
	} `json:"info"`
	Channels   map[string]channel `json:"channels"`
	Components struct {
		Messages map[string]message `json:"messages"`
		Schemas  map[string]*schema `json:"schemas"`
	} `json:"components"`
}

type channel struct {
	Producer  string   `json:"x-slipway-producer"`
	Consumers []string `json:"x-slipway-consumers"`
}

type message struct {
	Summary string  `json:"summary"`
	Headers *schema `json:"headers"`
	Payload *schema `json:"payload"`
}

func read(raw []byte) (*page, error) {
	var doc document
	if err := json.Unmarshal(raw, &doc); err != nil {
		return nil, fmt.Errorf("read the description of events: %w", err)
	}
	p := &page{Title: doc.Info.Title}
	for _, topic := range slices.Sorted(maps.Keys(doc.Components.Messages)) {
		m, c := doc.Components.Messages[topic], doc.Channels[topic]
		e := event{Topic: topic, Doc: m.Summary, Key: m.key(), Producer: c.Producer, Consumers: c.Consumers}
		w := &walk{schemas: doc.Components.Schemas}
		w.object("", m.Payload)
		e.Fields = w.fields
		p.Events = append(p.Events, e)
	}
	return p, nil
}

// key is the doc of the header that carries the event's key.
func (m message) key() string {
	if m.Headers == nil {
		return ""
	}
	for name, header := range m.Headers.Properties {
		if strings.HasSuffix(name, "subject") {
			return strings.TrimPrefix(header.Description, "The key: ")
		}
	}
	return ""
}
