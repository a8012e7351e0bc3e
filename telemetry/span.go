package telemetry

import (
	"cmp"
	"context"
	"log/slog"
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

// A SpanData is a span that has ended, as a [Recorder] gets it: redacted and bounded.
type SpanData struct {
	SpanContext

	Name    string // GET /carts/{id}
	Kind    Kind
	Service string // the process, if it was another one; "" for this
	Module  string // the module at work; "" for what is none of the kit's
	Start   time.Time
	End     time.Time
	Attrs   []slog.Attr   // named by OpenTelemetry's semantic conventions; texts, numbers, truth values, durations and times
	Links   []SpanContext // of what else led here
	Error   string        // why it failed; "" for what did not
}

// A Recorder takes the spans that are kept. It must not wait, since it stands in the way of
// every request. It may keep the spans, which are the other recorders' as well: nobody
// changes them.
type Recorder interface {
	Record(spans []SpanData)
}

// A Span is a piece of work under way. [Tracer.Begin] and [Start] make them. A nil Span is
// one at which nobody looks; its methods do nothing. It is safe for concurrent use.
type Span struct {
	within spanned // the context inside it
	leg    *leg
	data   SpanData // under leg.mu
	root   bool
	over   bool
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

// What a span may hold. Who wrote more has it cut, or left out.
const (
	// maxSpans bounds what a leg holds while nobody knows yet whether it is kept. The root
	// says how many more there were.
	maxSpans = 512
	maxAttrs = 64
	maxLinks = 64
	// maxText bounds a name, an error and each text among the attributes, in bytes.
	maxText = 4 << 10

	// Room that is made at once, for what comes as a rule.
	roomSpans = 8
	roomAttrs = 4
)

// SpansDropped is the attribute of a leg's first span that counts those of its spans which
// there was no room for.
const SpansDropped = "slipway.spans_dropped"

// begin makes s a span of the leg that begins now, and returns the context inside it, which
// is a part of s: a span is one allocation.
func (l *leg) begin(s *Span, ctx context.Context, at SpanContext, module string, kind Kind, name string) context.Context { //nolint:revive // the span comes first, as a receiver would
	s.leg = l
	s.data = SpanData{SpanContext: at, Name: name, Kind: kind, Module: module, Start: time.Now()}
	s.within = spanned{ctx, at, s}
	return &s.within
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
	s := &Span{}
	ctx = outer.span.leg.begin(s, ctx, outer.at.Child(), outer.span.data.Module, kind, name)
	if len(attrs) > 0 {
		s.data.Attrs = make([]slog.Attr, 0, len(attrs)+roomAttrs)
		s.data.add(attrs)
	}
	return ctx, s
}

// Took records a piece of work that began some time ago and ends now, for what is worth a
// span only if it takes long.
func Took(ctx context.Context, kind Kind, name string, began time.Time, attrs ...slog.Attr) {
	_, s := Start(ctx, kind, name, attrs...)
	if s == nil {
		return
	}
	s.data.Start = began // nobody else has it yet
	s.End()
}

// CurrentSpan returns the span under way in the context, or nil.
func CurrentSpan(ctx context.Context) *Span {
	if s, ok := ctx.Value(spanKey{}).(*spanned); ok {
		return s.span
	}
	return nil
}

// Set adds attributes, up to 64 of a span.
func (s *Span) Set(attrs ...slog.Attr) {
	if s == nil {
		return
	}
	s.leg.mu.Lock()
	defer s.leg.mu.Unlock()
	if !s.over {
		s.data.add(attrs)
	}
}

// add copies attributes: the caller's slice stays the caller's.
func (d *SpanData) add(attrs []slog.Attr) {
	d.Attrs = append(d.Attrs, attrs[:min(len(attrs), maxAttrs-len(d.Attrs))]...)
}

// Link adds what else led to this work than its parent, up to 64.
func (s *Span) Link(to SpanContext) {
	if s == nil || !to.Valid() {
		return
	}
	s.leg.mu.Lock()
	defer s.leg.mu.Unlock()
	if !s.over && len(s.data.Links) < maxLinks {
		s.data.Links = append(s.data.Links, to)
	}
}

// Fail says why the work failed; of several reasons the last one stays. What the caller may
// cause, a 404 or a unique key, is no failure of the work.
func (s *Span) Fail(why string) {
	if s == nil {
		return
	}
	s.leg.mu.Lock()
	defer s.leg.mu.Unlock()
	if !s.over {
		s.data.Error = cmp.Or(why, "failed")
	}
}

// End ends the work; attrs are added to it. The second End of a span does nothing. A span
// that is never ended is not recorded.
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
func (l *leg) collect(s *Span, attrs []slog.Attr) (done []SpanData) {
	switch {
	case l.decided && !l.kept:
		l.ended = nil
		return nil
	case !l.decided && len(l.ended) == maxSpans:
		l.dropped++
		return nil
	}
	s.data.add(attrs)
	if s.root && l.dropped > 0 {
		s.data.Attrs = append(s.data.Attrs, slog.Int(SpansDropped, l.dropped))
	}
	if l.ended == nil && !l.decided {
		l.ended = make([]SpanData, 0, roomSpans)
	}
	l.ended = append(l.ended, s.data)
	if !l.decided {
		return nil
	}
	done, l.ended = l.ended, nil
	return done
}
