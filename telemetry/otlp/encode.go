package otlp

import (
	"encoding/json"
	"log/slog"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/slipway-go/slipway/telemetry"
)

// The numbers of fields in opentelemetry/proto/{collector/trace,trace,common,resource}/v1.
// They are written by hand here: the generated types cost thirty allocations per span.
const (
	requestResourceSpans = 1

	resourceSpansResource = 1
	resourceSpansScope    = 2
	resourceAttributes    = 1

	scopeSpansScope = 1
	scopeSpansSpans = 2
	scopeName       = 1
	scopeVersion    = 2

	spanTraceID    = 1
	spanID         = 2
	spanParent     = 4
	spanName       = 5
	spanKind       = 6
	spanStart      = 7
	spanEnd        = 8
	spanAttributes = 9
	spanLinks      = 13
	spanStatus     = 15
	spanFlags      = 16

	linkTraceID = 1
	linkSpanID  = 2
	linkFlags   = 6

	statusMessage = 2
	statusCode    = 3
	statusError   = 2 // the code of what failed

	keyValueKey   = 1
	keyValueValue = 2

	valueString = 1
	valueBool   = 2
	valueInt    = 3
	valueDouble = 4
	valueArray  = 5
	valueList   = 6
	valueBytes  = 7
	elements    = 1 // of an array and of a list

	sampled = 1 // the bit of the flags
)

// maxText bounds every text in a span, in bytes.
const maxText = 16 << 10

// moduleKey is the attribute that carries [telemetry.SpanData.Module].
const moduleKey = "slipway.module"

// scope says what has made the spans.
const scope = "github.com/slipway-go/slipway"

// An encoder writes requests for one resource.
type encoder struct {
	resource []byte // the field of a ResourceSpans
	scope    []byte // the field of a ScopeSpans
}

func newEncoder(resource []slog.Attr, version string) encoder {
	b, at := open(nil, resourceSpansResource)
	e := encoder{resource: shut(appendAttrs(b, resourceAttributes, resource), at)}
	b, at = open(nil, scopeSpansScope)
	b = appendText(b, scopeName, scope)
	e.scope = shut(appendText(b, scopeVersion, version), at)
	return e
}

// request appends an ExportTraceServiceRequest.
func (e encoder) request(b []byte, spans []telemetry.SpanData) []byte {
	b, outer := open(b, requestResourceSpans)
	b = append(b, e.resource...)
	b, inner := open(b, resourceSpansScope)
	b = append(b, e.scope...)
	for i := range spans {
		b = appendSpan(b, &spans[i])
	}
	return shut(shut(b, inner), outer)
}

// open begins a message inside another. It leaves one byte for its length, which most do
// with; the rest is moved by shut.
func open(b []byte, field protowire.Number) ([]byte, int) {
	b = append(protowire.AppendTag(b, field, protowire.BytesType), 0)
	return b, len(b)
}

// shut ends the message whose content begins at start.
func shut(b []byte, start int) []byte {
	size := len(b) - start
	if more := protowire.SizeVarint(uint64(size)) - 1; more > 0 { //nolint:gosec // a length
		b = slices.Grow(b, more)[:len(b)+more]
		copy(b[start+more:], b[start:start+size])
	}
	protowire.AppendVarint(b[:start-1], uint64(size)) //nolint:gosec // a length
	return b
}

func appendSpan(b []byte, s *telemetry.SpanData) []byte {
	b, at := open(b, scopeSpansSpans)
	b = appendBytes(b, spanTraceID, s.TraceID[:])
	b = appendBytes(b, spanID, s.SpanID[:])
	if s.Parent != [8]byte{} {
		b = appendBytes(b, spanParent, s.Parent[:])
	}
	b = appendText(b, spanName, s.Name)
	b = appendNumber(b, spanKind, uint64(s.Kind)+1) // 0 is unspecified
	b = appendTime(b, spanStart, s.Start)
	b = appendTime(b, spanEnd, s.End)
	if s.Module != "" {
		b = appendAttr(b, spanAttributes, slog.String(moduleKey, s.Module))
	}
	b = appendAttrs(b, spanAttributes, s.Attrs)
	for i := range s.Links {
		b = appendLink(b, &s.Links[i])
	}
	if s.Error != "" {
		b = appendStatus(b, s.Error)
	}
	return shut(appendFlags(b, spanFlags, s.Sampled), at)
}

func appendLink(b []byte, s *telemetry.SpanContext) []byte {
	b, at := open(b, spanLinks)
	b = appendBytes(b, linkTraceID, s.TraceID[:])
	b = appendBytes(b, linkSpanID, s.SpanID[:])
	return shut(appendFlags(b, linkFlags, s.Sampled), at)
}

func appendStatus(b []byte, why string) []byte {
	b, at := open(b, spanStatus)
	b = appendText(b, statusMessage, why)
	return shut(appendNumber(b, statusCode, statusError), at)
}

func appendFlags(b []byte, field protowire.Number, isSampled bool) []byte {
	if !isSampled {
		return b
	}
	return protowire.AppendFixed32(protowire.AppendTag(b, field, protowire.Fixed32Type), sampled)
}

func appendTime(b []byte, field protowire.Number, t time.Time) []byte {
	return appendFixed(b, field, uint64(t.UnixNano()))
}

func appendFixed(b []byte, field protowire.Number, v uint64) []byte {
	return protowire.AppendFixed64(protowire.AppendTag(b, field, protowire.Fixed64Type), v)
}

func appendNumber(b []byte, field protowire.Number, v uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, field, protowire.VarintType), v)
}

func appendBytes(b []byte, field protowire.Number, v []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, field, protowire.BytesType), v)
}

func appendText(b []byte, field protowire.Number, s string) []byte {
	return protowire.AppendString(protowire.AppendTag(b, field, protowire.BytesType), text(s))
}

// text returns s as protobuf takes it: valid UTF-8, and not without end.
func text(s string) string {
	if len(s) > maxText {
		cut := maxText
		for cut > maxText-utf8.UTFMax && !utf8.RuneStart(s[cut]) {
			cut--
		}
		s = s[:cut] + "…"
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

func appendAttrs(b []byte, field protowire.Number, attrs []slog.Attr) []byte {
	for _, a := range attrs {
		b = appendAttr(b, field, a)
	}
	return b
}

func appendAttr(b []byte, field protowire.Number, a slog.Attr) []byte {
	if a.Key == "" {
		return b
	}
	b, at := open(b, field)
	b = appendText(b, keyValueKey, a.Key)
	b, inner := open(b, keyValueValue)
	return shut(shut(appendValue(b, a.Value), inner), at)
}

// appendValue appends the fields of an AnyValue.
func appendValue(b []byte, v slog.Value) []byte {
	switch v.Kind() {
	case slog.KindString:
		return appendText(b, valueString, v.String())
	case slog.KindBool:
		return appendNumber(b, valueBool, protowire.EncodeBool(v.Bool()))
	case slog.KindInt64:
		return appendInt(b, v.Int64())
	case slog.KindUint64:
		return appendUint(b, v.Uint64())
	case slog.KindFloat64:
		return appendFixed(b, valueDouble, math.Float64bits(v.Float64()))
	case slog.KindDuration:
		return appendInt(b, int64(v.Duration())) // as in the log
	case slog.KindTime:
		return appendText(b, valueString, v.Time().UTC().Format(time.RFC3339Nano))
	case slog.KindAny:
		return appendTree(b, v.Any(), 0)
	case slog.KindGroup, slog.KindLogValuer: // redaction has taken them apart
	}
	return b
}

func appendInt(b []byte, n int64) []byte {
	return appendNumber(b, valueInt, uint64(n)) //nolint:gosec // two's complement is the format
}

func appendUint(b []byte, n uint64) []byte {
	if n > math.MaxInt64 { // which the format has not
		return appendText(b, valueString, strconv.FormatUint(n, 10))
	}
	return appendNumber(b, valueInt, n)
}

// maxDepth bounds trees; those of [telemetry.Redactor.Value] are not deeper.
const maxDepth = 16

// appendTree appends the fields of an AnyValue with what [telemetry.Redactor.Value] returns.
func appendTree(b []byte, v any, depth int) []byte {
	if depth > maxDepth {
		return b
	}
	switch v := v.(type) {
	case nil:
		return b
	case json.Number:
		return appendText(b, valueString, v.String())
	case []any:
		return appendArray(b, v, depth)
	case map[string]any:
		return appendMap(b, v, depth)
	}
	if known := slog.AnyValue(v); known.Kind() != slog.KindAny {
		return appendValue(b, known)
	}
	return b // redaction returns no others
}

func appendArray(b []byte, all []any, depth int) []byte {
	b, at := open(b, valueArray)
	for _, v := range all {
		var inner int
		b, inner = open(b, elements)
		b = shut(appendTree(b, v, depth+1), inner)
	}
	return shut(b, at)
}

func appendMap(b []byte, all map[string]any, depth int) []byte {
	b, at := open(b, valueList)
	for _, key := range slices.Sorted(maps.Keys(all)) {
		var entry, value int
		b, entry = open(b, elements)
		b = appendText(b, keyValueKey, key)
		b, value = open(b, keyValueValue)
		b = shut(shut(appendTree(b, all[key], depth+1), value), entry)
	}
	return shut(b, at)
}
