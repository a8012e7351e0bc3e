package telemetry

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/slipway-go/slipway/internal/clip"
)

// TraceConfig says which traces are kept; the variables begin with OTEL_, as far as
// OpenTelemetry has a name for them.
type TraceConfig struct {
	// Ratio is the share of the traces that begin here which is kept.
	Ratio float64 `env:"TRACES_SAMPLER_ARG" envDefault:"1" min:"0" max:"1" doc:"The share of traces that is kept, between 0 and 1, of those that begin in this process; of others their beginner decides (parent-based, by ratio). What failed or was slow is kept all the same, as far as each process saw it."`
	// Slow is the time from which on a piece of work is kept whatever the ratio says.
	Slow time.Duration `env:"TRACES_SLOW" envDefault:"1s" doc:"A request or a job that takes this long or longer is kept, whatever the share says: ten of them a second at most, since clients can be slow on purpose."`
}

// A Tracer begins what a process does of a trace, and hands over what is kept: all that
// was sampled, failed or was slow. A nil Tracer names spans and records none.
type Tracer struct {
	cfg      TraceConfig
	redactor *Redactor
	to       []Recorder
	slow     allowance
}

// NewTracer returns a tracer that redacts and hands over to the recorders. Without one it
// returns nil.
func NewTracer(cfg TraceConfig, r *Redactor, to ...Recorder) *Tracer {
	if len(to) == 0 {
		return nil
	}
	if r == nil {
		r = &Redactor{}
	}
	return &Tracer{cfg: cfg, redactor: r, to: to}
}

// A first span is the one with which a leg begins, and the leg.
type first struct {
	Span

	leg leg
}

// Begin begins a module's work that comes from elsewhere: a request, a job, a schedule.
// It is a child of parent, or begins a trace if that is not valid. What fails, or is slow,
// is kept; of the rest, what the beginner of the trace has sampled.
func (t *Tracer) Begin(ctx context.Context, parent SpanContext, module string, kind Kind, name string) (context.Context, *Span) {
	at := t.under(parent)
	if t == nil {
		return WithSpan(ctx, at), nil
	}
	f := &first{}
	f.root, f.leg.tracer = true, t
	return f.leg.begin(&f.Span, ctx, at, module, kind, name), &f.Span
}

func (t *Tracer) under(parent SpanContext) SpanContext {
	if parent.Valid() {
		return parent.Child()
	}
	return t.NewSpanContext()
}

// NewSpanContext begins a trace, and decides whether it is sampled.
func (t *Tracer) NewSpanContext() SpanContext {
	at := NewSpanContext()
	at.Sampled = t.Sample()
	return at
}

type workKey struct{}

// work is in whose name [Round] begins.
type work struct {
	tracer *Tracer
	module string
}

// Behind returns the context of a module's work behind the requests. It goes on for as long
// as the process, so it is no span: its calls have a name in the log, and are not sampled.
// [Round] begins a trace for each thing that it does.
func (t *Tracer) Behind(ctx context.Context, module string) context.Context {
	at := NewSpanContext()
	at.Sampled = false
	return context.WithValue(WithSpan(ctx, at), workKey{}, work{t, module})
}

// Round begins one round of a module's work behind the requests, which is a trace of its own:
// one message that is sent, one file that is read. Inside a span it is a child as any other;
// where the module does no such work the span is nil. End it.
func Round(ctx context.Context, name string) (context.Context, *Span) {
	w, ok := ctx.Value(workKey{}).(work)
	if !ok || CurrentSpan(ctx) != nil {
		return Start(ctx, Internal, name)
	}
	return w.tracer.Begin(ctx, SpanContext{}, w.module, Internal, name)
}

// Sample decides for a trace that begins here, or whose beginner is not believed.
func (t *Tracer) Sample() bool {
	return t == nil || t.cfg.Ratio >= 1 || rand.Float64() < t.cfg.Ratio //nolint:gosec // not a secret
}

func (t *Tracer) keeps(root *SpanData) bool {
	return root.Sampled || root.Error != "" || t.isSlow(root) && t.slow.take(root.End)
}

func (t *Tracer) isSlow(root *SpanData) bool {
	return t.cfg.Slow > 0 && root.End.Sub(root.Start) >= t.cfg.Slow
}

// slowPerSecond is how many traces are kept for their time alone. A client makes a request
// slow by sending its body slowly: without a bound it would decide what is recorded.
const slowPerSecond = 10

// An allowance is what is left of them in the second that began at the first.
type allowance struct {
	mu    sync.Mutex
	began time.Time
	taken int
}

func (a *allowance) take(now time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if now.Sub(a.began) >= time.Second {
		a.began, a.taken = now, 0
	}
	a.taken++
	return a.taken <= slowPerSecond
}

func (t *Tracer) record(spans []SpanData) {
	if len(spans) == 0 {
		return
	}
	for i := range spans {
		t.redact(&spans[i])
	}
	for _, r := range t.to {
		r.Record(spans)
	}
}

func (t *Tracer) redact(d *SpanData) {
	d.Name, d.Error = t.text(d.Name), t.text(d.Error)
	for i, a := range d.Attrs {
		d.Attrs[i] = owned(t.attr(a))
	}
}

// owned copies what net/http cuts out of the line with which a request begins. That may be
// a megabyte, and would stay in memory as long as the span does.
func owned(a slog.Attr) slog.Attr {
	switch a.Key {
	case HTTPRequestMethod, URLPath, URLQuery:
		if a.Value.Kind() == slog.KindString {
			a.Value = slog.StringValue(strings.Clone(a.Value.String()))
		}
	default:
	}
	return a
}

// attr redacts and bounds an attribute. What has parts, such as a group or a list, becomes a
// text of JSON.
func (t *Tracer) attr(a slog.Attr) slog.Attr {
	v := a.Value.Resolve()
	switch {
	case v.Kind() == slog.KindGroup && t.redactor.hides(a.Key):
		v = slog.StringValue(redacted)
	case v.Kind() == slog.KindGroup:
		v = t.redactor.Value(v)
	default:
		v = t.redactor.attrValue(a.Key, v)
	}
	switch v.Kind() {
	case slog.KindString:
		v = slog.StringValue(clip.Text(v.String(), maxText))
	case slog.KindAny:
		v = slog.StringValue(clip.Text(jsonOf(v.Any()), maxText))
	default:
	}
	return slog.Attr{Key: a.Key, Value: v}
}

// jsonOf writes what [Redactor.Value] returns.
func jsonOf(tree any) string {
	l := line{}
	l.tree(tree)
	return string(l.buf)
}

func (t *Tracer) text(s string) string { return clip.Text(t.redactor.String(s), maxText) }
