package telemetry

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"
)

// A Kind says on which side of an exchange a span is, as OpenTelemetry names it
// (https://opentelemetry.io/docs/specs/otel/trace/api/#spankind).
type Kind uint8

// The kinds of spans.
const (
	Internal Kind = iota // neither side: work within the process
	Server               // a request is answered
	Client               // a neighbour, a database or somebody else is asked
	Producer             // an event is emitted
	Consumer             // an event is accepted, or a job does what follows from it
)

// String returns the kind's name in OpenTelemetry, in lower case.
func (k Kind) String() string {
	names := [...]string{"internal", "server", "client", "producer", "consumer"}
	if int(k) < len(names) {
		return names[k]
	}
	return "unknown"
}

// A SpanData is a span that has ended, as a [Recorder] gets it: redacted.
type SpanData struct {
	SpanContext

	Name   string // GET /carts/{id}
	Kind   Kind
	Module string // the module at work
	Start  time.Time
	End    time.Time
	Attrs  []slog.Attr   // named by OpenTelemetry's semantic conventions
	Links  []SpanContext // of what else led here
	Error  string        // why it failed; "" for what did not
}

// A Recorder takes the spans that are kept. It must neither wait nor keep or change the
// slice: it stands in the way of every request.
type Recorder interface {
	Record(spans []SpanData)
}

// A Span is a piece of work under way. [Tracer.Begin] and [Start] make them. A nil Span is
// one at which nobody looks; its methods do nothing. It is safe for concurrent use.
type Span struct {
	leg  *leg
	data SpanData // under leg.mu
	root bool
	over bool
}

// A leg is what one process does of one trace, from the span with which it begins there to
// that span's end, which decides whether it is kept.
type leg struct {
	tracer *Tracer

	mu      sync.Mutex
	ended   []SpanData
	decided bool
	kept    bool
	dropped int
}

// maxSpans bounds what a leg holds while nobody knows yet whether it is kept. The root
// says how many more there were.
const maxSpans = 512

// begin returns a span of the leg and the context inside it.
func (l *leg) begin(ctx context.Context, at SpanContext, module string, kind Kind, name string) (context.Context, *Span) {
	s := &Span{leg: l, data: SpanData{SpanContext: at, Name: name, Kind: kind, Module: module, Start: time.Now()}}
	return &spanned{ctx, at, s}, s
}

// Start begins a piece of work inside that of the context. Without a span there, or with
// one at which nobody looks, the returned one is nil. End it.
func Start(ctx context.Context, kind Kind, name string, attrs ...slog.Attr) (context.Context, *Span) {
	outer, ok := ctx.Value(spanKey{}).(*spanned)
	if !ok || !outer.at.Valid() {
		return ctx, nil
	}
	if outer.span == nil {
		return WithSpan(ctx, outer.at.Child()), nil
	}
	ctx, s := outer.span.leg.begin(ctx, outer.at.Child(), outer.span.data.Module, kind, name)
	s.data.Attrs = slices.Clone(attrs)
	return ctx, s
}

// CurrentSpan returns the span under way in the context, or nil.
func CurrentSpan(ctx context.Context) *Span {
	if s, ok := ctx.Value(spanKey{}).(*spanned); ok {
		return s.span
	}
	return nil
}

// Set adds attributes.
func (s *Span) Set(attrs ...slog.Attr) {
	s.change(func(d *SpanData) { d.Attrs = append(d.Attrs, attrs...) })
}

// Link adds what else led to this work than its parent.
func (s *Span) Link(to SpanContext) {
	if to.Valid() {
		s.change(func(d *SpanData) { d.Links = append(d.Links, to) })
	}
}

// Fail says why the work failed. What the caller may cause, a 404 or a unique key, is no
// failure of the work.
func (s *Span) Fail(why string) {
	s.change(func(d *SpanData) { d.Error = why })
}

func (s *Span) change(f func(*SpanData)) {
	if s == nil {
		return
	}
	s.leg.mu.Lock()
	defer s.leg.mu.Unlock()
	if !s.over {
		f(&s.data)
	}
}

// End ends the work; attrs are added to it. The second End of a span does nothing.
func (s *Span) End(attrs ...slog.Attr) {
	if s == nil {
		return
	}
	s.leg.end(s, time.Now(), attrs)
}

func (l *leg) end(s *Span, now time.Time, attrs []slog.Attr) {
	l.mu.Lock()
	if s.over {
		l.mu.Unlock()
		return
	}
	s.over = true
	s.data.End = now
	if s.root {
		l.decided, l.kept = true, l.tracer.keeps(&s.data)
	}
	done := l.collect(s, attrs)
	l.mu.Unlock()
	l.tracer.record(done) // outside of the lock: others end meanwhile
}

// collect returns what is to be recorded now that s has ended: nothing before the root
// has, all at its end, and whatever ends later on its own.
func (l *leg) collect(s *Span, attrs []slog.Attr) []SpanData {
	switch {
	case l.decided && !l.kept:
		l.ended = nil
		return nil
	case !l.decided && len(l.ended) == maxSpans:
		l.dropped++
		return nil
	}
	s.data.Attrs = append(slices.Clip(s.data.Attrs), attrs...)
	if !l.decided {
		l.ended = append(l.ended, s.data)
		return nil
	}
	if s.root && l.dropped > 0 {
		s.data.Attrs = append(s.data.Attrs, slog.Int("slipway.spans_dropped", l.dropped))
	}
	done := append(l.ended, s.data)
	l.ended = nil
	return done
}
