package traces

import (
	"log/slog"
	"strings"
	"unicode/utf8"

	"github.com/slipway-go/slipway/telemetry"
)

// What is kept of one span, whatever it brings.
const (
	maxName  = 512
	maxText  = 2 << 10 // of one attribute, such as a statement
	maxTexts = 8 << 10 // of all
	maxAttrs = 48
	maxLinks = 16
)

// Bytes of what a span has beside its texts, or about.
const (
	spanSize = 256
	attrSize = 40
	linkSize = 40
)

// A span is one as it is kept: all of its texts are its own, so that none holds the
// request or the message that it was cut from.
type span struct{ telemetry.SpanData }

// isFailure reports whether the trace has failed with it. A call that did may have been
// made again.
func (s *span) isFailure() bool {
	return s.Error != "" && (s.Kind == telemetry.Server || s.Kind == telemetry.Consumer || s.Parent == [8]byte{})
}

// A packed part is the spans of a trace that came together.
type packed struct {
	spans []span
	bytes int
}

// pack copies what is kept. All of it stays in memory as long as one of the spans does.
func (s *Store) pack(spans []telemetry.SpanData) packed {
	texts, attrs := 0, 0
	for i := range spans {
		texts += sizeOf(&spans[i])
		attrs += min(len(spans[i].Attrs), maxAttrs)
	}
	p := packer{attrs: make([]slog.Attr, 0, attrs)}
	p.texts.Grow(texts)
	kept := make([]span, 0, len(spans))
	for i := range spans {
		kept = append(kept, p.span(&spans[i], s.cfg.Service))
	}
	return packed{kept, p.texts.Cap() + cap(kept)*spanSize + cap(p.attrs)*attrSize + p.links*linkSize}
}

// sizeOf returns how many bytes the texts of a span have, or about.
func sizeOf(d *telemetry.SpanData) int {
	size := min(len(d.Name), maxName) + len(d.Module) + len(d.Service) + min(len(d.Error), maxText)
	for _, a := range d.Attrs {
		size += len(a.Key)
		if a.Value.Kind() == slog.KindString {
			size += min(len(a.Value.String()), maxText)
		}
	}
	return min(size, maxTexts)
}

// A packer has all texts of a part in one piece of memory, and all attributes in another.
type packer struct {
	texts strings.Builder
	attrs []slog.Attr
	links int
	left  int // bytes of the texts of the span
}

func (p *packer) span(d *telemetry.SpanData, service string) span {
	p.left = maxTexts
	s := span{*d}
	s.Name, s.Module, s.Error = p.text(d.Name, maxName), p.text(d.Module, maxName), p.text(d.Error, maxText)
	if s.Service = service; d.Service != "" {
		s.Service = p.text(d.Service, maxName)
	}
	from := len(p.attrs)
	for _, a := range d.Attrs[:min(len(d.Attrs), maxAttrs)] {
		p.attrs = append(p.attrs, slog.Attr{Key: p.text(a.Key, maxName), Value: p.value(a.Value)})
	}
	s.Attrs = p.attrs[from:len(p.attrs):len(p.attrs)]
	s.Links = append([]telemetry.SpanContext(nil), d.Links[:min(len(d.Links), maxLinks)]...)
	p.links += len(s.Links)
	return s
}

func (p *packer) value(v slog.Value) slog.Value {
	switch v.Kind() {
	case slog.KindString, slog.KindAny, slog.KindGroup, slog.KindLogValuer:
		return slog.StringValue(p.text(v.String(), maxText))
	default:
		return v // a number, or a time
	}
}

func (p *packer) text(text string, most int) string {
	text = clip(text, min(most, p.left))
	p.left -= len(text)
	from := p.texts.Len()
	p.texts.WriteString(text)
	return p.texts.String()[from:]
}

// clip returns as many bytes of a text as fit, and no half of a character.
func clip(text string, most int) string {
	if len(text) <= most {
		return text
	}
	for most > 0 && !utf8.RuneStart(text[most]) {
		most--
	}
	return text[:most]
}
