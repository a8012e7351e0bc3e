package events

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Info names what a [Document] describes.
type Info struct {
	Title       string
	Version     string
	Description string
}

// A Channel is an event of a product and the modules that subscribe to it.
type Channel struct {
	*Definition

	Consumers []string
}

// Document describes events as AsyncAPI 3.0, as JSON: what each of them says, who
// emits it, who wants it, and how it travels over RabbitMQ. It is made from the
// declarations alone, and the same ones make the same bytes.
func Document(info Info, channels ...Channel) ([]byte, error) {
	channels = slices.Clone(channels)
	slices.SortFunc(channels, func(a, b Channel) int { return strings.Compare(a.Topic(), b.Topic()) })
	d := newDocument(info)
	shapes := shapes{}
	var errs []error
	for i, c := range channels {
		switch {
		case c.Err() != nil:
			errs = append(errs, c.Err())
		case i > 0 && channels[i-1].Topic() == c.Topic():
			errs = append(errs, fmt.Errorf("describe event %s: it is given twice; an event has one channel", c.Topic()))
		default:
			payload, err := shapes.payload(c.Definition)
			errs = append(errs, err)
			d.add(c, payload)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	d.Components.Schemas = shapes.all()
	return encode(d)
}

// encode writes the document as a person may read it in a review.
func encode(d *document) ([]byte, error) {
	b := &bytes.Buffer{}
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(d); err != nil {
		return nil, fmt.Errorf("encode the description of events: %w", err)
	}
	return b.Bytes(), nil
}
