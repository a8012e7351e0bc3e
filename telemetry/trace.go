package telemetry

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"net/http"
)

// A SpanContext names a place in a trace, as W3C Trace Context carries it
// (https://www.w3.org/TR/trace-context/).
type SpanContext struct {
	TraceID [16]byte
	SpanID  [8]byte
	// Parent is the SpanID of which [SpanContext.Child] made this one; zero for a
	// span that begins a trace or was read from a header.
	Parent  [8]byte
	Sampled bool
}

// NewSpanContext begins a trace. The numbers need not be secret, only unlikely
// to meet, so they come from the fast generator.
func NewSpanContext() SpanContext {
	var s SpanContext
	for !s.Valid() {
		binary.NativeEndian.PutUint64(s.TraceID[:8], rand.Uint64()) //nolint:gosec // not a secret
		binary.NativeEndian.PutUint64(s.TraceID[8:], rand.Uint64()) //nolint:gosec // not a secret
		binary.NativeEndian.PutUint64(s.SpanID[:], rand.Uint64())   //nolint:gosec // not a secret
	}
	s.Sampled = true
	return s
}

// Child returns a new span of the same trace.
func (s SpanContext) Child() SpanContext {
	s.Parent = s.SpanID
	for s.SpanID == s.Parent || s.SpanID == [8]byte{} {
		binary.NativeEndian.PutUint64(s.SpanID[:], rand.Uint64()) //nolint:gosec // not a secret
	}
	return s
}

// Valid reports whether both identifiers are set.
func (s SpanContext) Valid() bool { return s.TraceID != [16]byte{} && s.SpanID != [8]byte{} }

// TraceIDString returns the trace's identifier: 32 hex digits.
func (s SpanContext) TraceIDString() string { return hex.EncodeToString(s.TraceID[:]) }

// SpanIDString returns the span's identifier: 16 hex digits.
func (s SpanContext) SpanIDString() string { return hex.EncodeToString(s.SpanID[:]) }

// traceparentLength is that of version 00: 2 + 32 + 16 + 2 digits and 3 dashes.
const traceparentLength = 55

// Traceparent returns the header's value, or "" for a span that is not valid.
func (s SpanContext) Traceparent() string {
	if !s.Valid() {
		return ""
	}
	var b [traceparentLength]byte
	copy(b[:], "00-")
	hex.Encode(b[3:35], s.TraceID[:])
	b[35] = '-'
	hex.Encode(b[36:52], s.SpanID[:])
	copy(b[52:], "-00")
	if s.Sampled {
		b[54] = '1'
	}
	return string(b[:])
}

// ParseTraceparent reads the header's value. A version above 00 is read as far
// as 00 goes, as the recommendation asks; anything malformed is refused.
func ParseTraceparent(h string) (SpanContext, bool) {
	if len(h) < traceparentLength || h[2] != '-' || h[35] != '-' || h[52] != '-' {
		return SpanContext{}, false
	}
	var version, flags [1]byte
	var s SpanContext
	ok := lowerHex(version[:], h[:2]) && lowerHex(s.TraceID[:], h[3:35]) && lowerHex(s.SpanID[:], h[36:52]) && lowerHex(flags[:], h[53:55])
	if !ok || version[0] == 0xff || !s.Valid() {
		return SpanContext{}, false
	}
	if len(h) > traceparentLength && (version[0] == 0 || h[traceparentLength] != '-') {
		return SpanContext{}, false
	}
	s.Sampled = flags[0]&1 == 1
	return s, true
}

// TraceparentOf reads the header of a request. Of several nobody knows which one is meant,
// so they are refused.
func TraceparentOf(h http.Header) (SpanContext, bool) {
	values := h["Traceparent"]
	if len(values) != 1 {
		return SpanContext{}, false
	}
	return ParseTraceparent(values[0])
}

// lowerHex decodes lower-case digits only; others are malformed here.
func lowerHex(dst []byte, src string) bool {
	for i := range dst {
		hi, ok1 := digit(src[2*i])
		lo, ok2 := digit(src[2*i+1])
		if !ok1 || !ok2 {
			return false
		}
		dst[i] = hi<<4 | lo
	}
	return true
}

func digit(c byte) (byte, bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10, true
	}
	return 0, false
}

type spanKey struct{}

// A spanned context holds its span itself: as a value of context.WithValue it
// would cost a second allocation on the way of every request.
type spanned struct {
	context.Context

	at   SpanContext
	span *Span // nil: nobody looks
}

func (s *spanned) Value(key any) any {
	if key == (spanKey{}) {
		return s
	}
	return s.Context.Value(key)
}

// WithSpan returns a context inside a span at which nobody looks, but whose name lines of
// the log and calls carry.
func WithSpan(ctx context.Context, s SpanContext) context.Context {
	return &spanned{ctx, s, nil}
}

// SpanFrom returns the name of the context's span; the zero value when there is none.
func SpanFrom(ctx context.Context) SpanContext {
	if s, ok := ctx.Value(spanKey{}).(*spanned); ok {
		return s.at
	}
	return SpanContext{}
}
