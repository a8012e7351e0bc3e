package otlp

import (
	"errors"
	"fmt"
	"log/slog"
	"math"
	"time"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/slipway-go/slipway/telemetry"
)

// What one request may hold. What a text of a few bytes decodes to is hundreds of them, so
// the size alone is no bound.
const (
	maxSpans = 10_000
	maxParts = 400_000 // attributes, elements and links
)

// Decode reads the body of a request for /v1/traces, an ExportTraceServiceRequest in
// protobuf, as far as a [telemetry.SpanData] has room: events, and what else a span may have,
// are left out. The error says what is wrong, for whoever has sent it.
func Decode(body []byte) ([]telemetry.SpanData, error) {
	d := decoder{spansLeft: maxSpans, partsLeft: maxParts}
	if err := eachField(body, d.request); err != nil {
		return nil, fmt.Errorf("the body is no ExportTraceServiceRequest: %w", err)
	}
	return d.spans, nil
}

type decoder struct {
	spans                []telemetry.SpanData
	spansLeft, partsLeft int
}

// A field is one of a message: its number and kind in one, and its value, as the kind has
// it.
type field struct {
	key   key
	value uint64
	bytes []byte
}

type key struct {
	number protowire.Number
	kind   protowire.Type
}

func message(n protowire.Number) key { return key{n, protowire.BytesType} }
func varint(n protowire.Number) key  { return key{n, protowire.VarintType} }
func fixed64(n protowire.Number) key { return key{n, protowire.Fixed64Type} }
func fixed32(n protowire.Number) key { return key{n, protowire.Fixed32Type} }

// eachField takes a message apart.
func eachField(b []byte, f func(field) error) error {
	for len(b) > 0 {
		number, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return protowire.ParseError(n) //nolint:wrapcheck // Decode says what it is about
		}
		one := field{key: key{number, kind}}
		if n = one.consume(b, n); n < 0 {
			return protowire.ParseError(n) //nolint:wrapcheck // Decode says what it is about
		}
		if err := f(one); err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}

// consume reads the value behind the tag and returns where the next field begins; a
// negative number is an error of protowire.
func (f *field) consume(b []byte, tag int) int {
	var n int
	switch rest := b[tag:]; f.key.kind {
	case protowire.VarintType:
		f.value, n = protowire.ConsumeVarint(rest)
	case protowire.Fixed64Type:
		f.value, n = protowire.ConsumeFixed64(rest)
	case protowire.Fixed32Type:
		var v uint32
		v, n = protowire.ConsumeFixed32(rest)
		f.value = uint64(v)
	case protowire.BytesType:
		f.bytes, n = protowire.ConsumeBytes(rest)
	default: // a group, which nothing here has, or nonsense
		n = protowire.ConsumeFieldValue(f.key.number, f.key.kind, rest)
	}
	if n < 0 {
		return n
	}
	return tag + n
}

func (d *decoder) request(f field) error {
	if f.key == message(requestResourceSpans) {
		return d.resourceSpans(f.bytes)
	}
	return nil
}

// resourceSpans reads the spans of one process. The resource may stand behind them.
func (d *decoder) resourceSpans(b []byte) error {
	first, service := len(d.spans), ""
	err := eachField(b, func(f field) (err error) {
		switch f.key {
		case message(resourceSpansResource):
			service, err = d.service(f.bytes)
		case message(resourceSpansScope):
			err = eachField(f.bytes, d.scopeSpans)
		}
		return err
	})
	for i := range d.spans[first:] {
		d.spans[first+i].Service = service
	}
	return err
}

func (d *decoder) service(b []byte) (name string, err error) {
	err = eachField(b, func(f field) error {
		if f.key != message(resourceAttributes) {
			return nil
		}
		a, err := d.attr(f.bytes)
		if a.Key == serviceName && a.Value.Kind() == slog.KindString {
			name = a.Value.String()
		}
		return err
	})
	return name, err
}

func (d *decoder) scopeSpans(f field) error {
	if f.key != message(scopeSpansSpans) {
		return nil
	}
	if d.spansLeft--; d.spansLeft < 0 {
		return fmt.Errorf("there are more than %d spans; send smaller batches", maxSpans)
	}
	s, err := d.span(f.bytes)
	d.spans = append(d.spans, s)
	return err
}

func (d *decoder) span(b []byte) (telemetry.SpanData, error) {
	var s telemetry.SpanData
	var start, end uint64
	err := eachField(b, func(f field) (err error) {
		switch f.key {
		case message(spanTraceID):
			err = identifier(s.TraceID[:], f.bytes, "trace_id")
		case message(spanID):
			err = identifier(s.SpanID[:], f.bytes, "span_id")
		case message(spanParent):
			err = identifier(s.Parent[:], f.bytes, "parent_span_id")
		case message(spanName):
			s.Name, err = readText(f.bytes)
		case varint(spanKind):
			s.Kind = kindOf(f.value)
		case fixed64(spanStart):
			start = f.value
		case fixed64(spanEnd):
			end = f.value
		case message(spanAttributes):
			err = d.attribute(&s, f.bytes)
		case message(spanLinks):
			err = d.link(&s, f.bytes)
		case message(spanStatus):
			s.Error, err = failure(f.bytes)
		case fixed32(spanFlags):
			s.Sampled = f.value&sampled != 0
		}
		return err
	})
	if err == nil && !s.Valid() {
		err = errors.New("a span has no trace_id or no span_id")
	}
	s.Start, s.End = instant(start), instant(max(start, end)) // a clock that was set back
	return s, err
}

// identifier reads one that has the right length or none, as the parent of a root.
func identifier(into, b []byte, name string) error {
	if len(b) != len(into) && len(b) != 0 {
		return fmt.Errorf("a %s has %d bytes instead of %d", name, len(b), len(into))
	}
	copy(into, b)
	return nil
}

// instant reads nanoseconds since 1970; what is beyond the year 2262 is that.
func instant(ns uint64) time.Time {
	return time.Unix(0, int64(min(ns, math.MaxInt64)))
}

func kindOf(v uint64) telemetry.Kind {
	if v < 1 || v > uint64(telemetry.Consumer)+1 {
		return telemetry.Internal
	}
	return telemetry.Kind(v - 1)
}

func readText(b []byte) (string, error) {
	if !utf8.Valid(b) {
		return "", errors.New("a text is not UTF-8")
	}
	return text(string(b[:min(len(b), maxText+utf8.UTFMax)])), nil
}

func failure(b []byte) (string, error) {
	var failed bool
	var why string
	err := eachField(b, func(f field) (err error) {
		switch f.key {
		case varint(statusCode):
			failed = f.value == statusError
		case message(statusMessage):
			why, err = readText(f.bytes)
		}
		return err
	})
	if !failed {
		return "", err
	}
	if why == "" {
		why = "failed"
	}
	return why, err
}

func (d *decoder) link(s *telemetry.SpanData, b []byte) error {
	var to telemetry.SpanContext
	err := eachField(b, func(f field) error {
		switch f.key {
		case message(linkTraceID):
			return identifier(to.TraceID[:], f.bytes, "trace_id of a link")
		case message(linkSpanID):
			return identifier(to.SpanID[:], f.bytes, "span_id of a link")
		case fixed32(linkFlags):
			to.Sampled = f.value&sampled != 0
		}
		return nil
	})
	if to.Valid() {
		s.Links = append(s.Links, to)
	}
	return errors.Join(err, d.part())
}

func (d *decoder) attribute(s *telemetry.SpanData, b []byte) error {
	a, err := d.attr(b)
	switch {
	case err != nil || a.Key == "":
	case a.Key == moduleKey && a.Value.Kind() == slog.KindString:
		s.Module = a.Value.String()
	default:
		s.Attrs = append(s.Attrs, a)
	}
	return err
}

// part counts against the bound.
func (d *decoder) part() error {
	if d.partsLeft--; d.partsLeft < 0 {
		return fmt.Errorf("there are more than %d attributes, elements and links; send smaller batches", maxParts)
	}
	return nil
}

func (d *decoder) attr(b []byte) (slog.Attr, error) {
	name, value, err := d.keyValue(b, 0)
	return slog.Attr{Key: name, Value: slog.AnyValue(value)}, err
}

func (d *decoder) keyValue(b []byte, depth int) (name string, value any, err error) {
	if err := d.part(); err != nil {
		return "", nil, err
	}
	err = eachField(b, func(f field) (err error) {
		switch f.key {
		case message(keyValueKey):
			name, err = readText(f.bytes)
		case message(keyValueValue):
			value, err = d.anyValue(f.bytes, depth)
		}
		return err
	})
	return name, value, err
}

// anyValue reads what appendTree writes.
func (d *decoder) anyValue(b []byte, depth int) (v any, err error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("a value is nested deeper than %d", maxDepth)
	}
	err = eachField(b, func(f field) (err error) {
		switch f.key {
		case message(valueString):
			v, err = readText(f.bytes)
		case varint(valueBool):
			v = protowire.DecodeBool(f.value)
		case varint(valueInt):
			v = int64(f.value) //nolint:gosec // two's complement is the format
		case fixed64(valueDouble):
			v = number(math.Float64frombits(f.value))
		case message(valueArray):
			v, err = d.array(f.bytes, depth+1)
		case message(valueList):
			v, err = d.list(f.bytes, depth+1)
		case message(valueBytes):
			v = fmt.Sprintf("[%d bytes]", len(f.bytes))
		}
		return err
	})
	return v, err
}

// number returns what JSON can show.
func number(x float64) any {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return fmt.Sprint(x)
	}
	return x
}

func (d *decoder) array(b []byte, depth int) ([]any, error) {
	all := []any{}
	err := eachField(b, func(f field) error {
		if f.key != message(elements) {
			return nil
		}
		if err := d.part(); err != nil {
			return err
		}
		v, err := d.anyValue(f.bytes, depth)
		all = append(all, v)
		return err
	})
	return all, err
}

func (d *decoder) list(b []byte, depth int) (map[string]any, error) {
	all := map[string]any{}
	err := eachField(b, func(f field) error {
		if f.key != message(elements) {
			return nil
		}
		name, v, err := d.keyValue(f.bytes, depth)
		all[name] = v
		return err
	})
	return all, err
}
