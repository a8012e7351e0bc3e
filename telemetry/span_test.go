package telemetry_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"

	"github.com/slipway-go/slipway/telemetry"
)

// kept is a recorder that keeps.
type kept struct {
	mu    sync.Mutex
	spans []telemetry.SpanData
}

func (k *kept) Record(spans []telemetry.SpanData) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.spans = append(k.spans, spans...)
}

func (k *kept) names() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	var all []string
	for _, s := range k.spans {
		all = append(all, s.Name)
	}
	return strings.Join(all, ", ")
}

func (k *kept) named(t *testing.T, name string) telemetry.SpanData {
	t.Helper()
	k.mu.Lock()
	defer k.mu.Unlock()
	i := slices.IndexFunc(k.spans, func(s telemetry.SpanData) bool { return s.Name == name })
	if i < 0 {
		t.Fatalf("no span %q was recorded", name)
	}
	return k.spans[i]
}

// attr returns an attribute of the span; nil for one that it has not.
func attr(s telemetry.SpanData, key string) any {
	for _, a := range s.Attrs {
		if a.Key == key {
			return a.Value.Any()
		}
	}
	return nil
}

// always and never are the shares of all traces and of none; nothing is slow.
var (
	always = telemetry.TraceConfig{Ratio: 1}
	never  = telemetry.TraceConfig{}
)

func newTracer(cfg telemetry.TraceConfig) (*telemetry.Tracer, *kept) {
	k := &kept{}
	return telemetry.NewTracer(cfg, nil, k), k
}

// begin begins the request of a test.
func begin(t *testing.T, tracer *telemetry.Tracer, parent telemetry.SpanContext) (context.Context, *telemetry.Span) {
	t.Helper()
	return tracer.Begin(t.Context(), parent, "cart", telemetry.Server, "request")
}

func TestSpan(t *testing.T) {
	t.Parallel()

	t.Run("TellsWhoseChildItIs", func(t *testing.T) {
		t.Parallel()
		tracer, k := newTracer(always)
		parent := telemetry.NewSpanContext()
		ctx, root := begin(t, tracer, parent)
		inner, call := telemetry.Start(ctx, telemetry.Client, "call", slog.String("target", "sso"))
		_, deepest := telemetry.Start(inner, telemetry.Internal, "deepest")
		deepest.End()
		call.End(slog.Int("status", 200))
		if got := k.names(); got != "" {
			t.Errorf("recorded before the request has ended: %s", got)
		}
		root.End()
		if got := k.names(); got != "deepest, call, request" {
			t.Errorf("recorded %s", got)
		}
		for child, outer := range map[string]telemetry.SpanContext{
			"request": parent, "call": k.named(t, "request").SpanContext, "deepest": k.named(t, "call").SpanContext,
		} {
			if s := k.named(t, child); s.TraceID != parent.TraceID || s.Parent != outer.SpanID || s.Module != "cart" {
				t.Errorf("%+v is no child of %v in module cart", s, outer)
			}
		}
		if s := k.named(t, "call"); s.Kind != telemetry.Client || attr(s, "target") != "sso" || attr(s, "status") != int64(200) {
			t.Errorf("the call is %+v", s)
		}
	})

	t.Run("IsNamedInTheContext", func(t *testing.T) {
		t.Parallel()
		tracer, k := newTracer(always)
		ctx, root := begin(t, tracer, telemetry.SpanContext{})
		if telemetry.CurrentSpan(ctx) != root {
			t.Error("another span is current")
		}
		inner, span := telemetry.Start(context.WithValue(ctx, "key", "value"), telemetry.Internal, "inner") //nolint:revive,staticcheck // any key does
		if inner.Value("key") != "value" || telemetry.CurrentSpan(inner) != span {
			t.Error("the context inside is not one of the context around")
		}
		span.End()
		root.End()
		if got, want := telemetry.SpanFrom(inner), k.named(t, "inner").SpanContext; got != want {
			t.Errorf("SpanFrom() = %v, want %v", got, want)
		}
	})

	t.Run("TakesTheTimeOfItsWork", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			tracer, k := newTracer(always)
			_, root := begin(t, tracer, telemetry.SpanContext{})
			time.Sleep(3 * time.Second)
			root.End()
			if s := k.named(t, "request"); s.End.Sub(s.Start) != 3*time.Second {
				t.Errorf("it took %s, want 3s", s.End.Sub(s.Start))
			}
		})
	})

	t.Run("HoldsNoSliceOfItsCaller", func(t *testing.T) {
		t.Parallel()
		tracer, k := newTracer(always)
		ctx, root := begin(t, tracer, telemetry.SpanContext{})
		attrs := make([]slog.Attr, 1, 8)
		attrs[0] = slog.String("which", "mine")
		_, one := telemetry.Start(ctx, telemetry.Internal, "one", attrs...)
		_, two := telemetry.Start(ctx, telemetry.Internal, "two", attrs...)
		one.Set(slog.String("of", "one"))
		two.Set(slog.String("of", "two"))
		attrs[0] = slog.String("which", "changed")
		one.End(attrs...)
		two.End(attrs...)
		root.Set(attrs...)
		root.End(attrs...)
		attrs[0] = slog.String("which", "changed again")
		for _, name := range []string{"one", "two"} {
			if s := k.named(t, name); attr(s, "which") != "mine" || attr(s, "of") != name {
				t.Errorf("span %s has %v", name, s.Attrs)
			}
		}
		if s := k.named(t, "request"); attr(s, "which") != "changed" {
			t.Errorf("the request has %v", s.Attrs)
		}
	})

	t.Run("ChangesNoMoreOnceItHasEnded", func(t *testing.T) {
		t.Parallel()
		tracer, k := newTracer(always)
		_, root := begin(t, tracer, telemetry.SpanContext{})
		root.End()
		root.Set(slog.String("late", "yes"))
		root.Link(telemetry.NewSpanContext())
		root.Fail("late")
		root.End(slog.String("late", "yes"))
		if s := k.named(t, "request"); len(k.spans) != 1 || len(s.Attrs) != 0 || len(s.Links) != 0 || s.Error != "" {
			t.Errorf("recorded %+v", k.spans)
		}
	})

	t.Run("EndsAlsoAfterItsRequest", func(t *testing.T) {
		t.Parallel()
		tracer, k := newTracer(always)
		ctx, root := begin(t, tracer, telemetry.SpanContext{})
		_, late := telemetry.Start(ctx, telemetry.Internal, "late")
		root.End()
		late.End()
		if got := k.names(); got != "request, late" {
			t.Errorf("recorded %s", got)
		}
		tracer, k = newTracer(never)
		ctx, root = begin(t, tracer, telemetry.SpanContext{})
		_, late = telemetry.Start(ctx, telemetry.Internal, "late")
		root.End()
		late.Fail("too late to be kept")
		late.End()
		if got := k.names(); got != "" {
			t.Errorf("recorded %s of a request that is not kept", got)
		}
	})

	t.Run("SaysWhyItFailed", func(t *testing.T) {
		t.Parallel()
		tracer, k := newTracer(always)
		ctx, root := begin(t, tracer, telemetry.SpanContext{})
		_, call := telemetry.Start(ctx, telemetry.Client, "call")
		call.Fail("")
		call.End()
		root.Fail("the first reason")
		root.Fail("the last reason")
		root.End()
		if call, request := k.named(t, "call"), k.named(t, "request"); call.Error == "" || request.Error != "the last reason" {
			t.Errorf("the errors are %q and %q", call.Error, request.Error)
		}
	})

	t.Run("LinksToWhatElseLedHere", func(t *testing.T) {
		t.Parallel()
		tracer, k := newTracer(always)
		other := telemetry.NewSpanContext()
		_, root := begin(t, tracer, telemetry.SpanContext{})
		root.Link(telemetry.SpanContext{}) // leads nowhere
		root.Link(other)
		root.End()
		if got := k.named(t, "request").Links; !slices.Equal(got, []telemetry.SpanContext{other}) {
			t.Errorf("links to %v, want %v alone", got, other)
		}
	})

	t.Run("IsBounded", func(t *testing.T) {
		t.Parallel()
		tracer, k := newTracer(always)
		ctx, root := begin(t, tracer, telemetry.SpanContext{})
		for range 600 {
			_, s := telemetry.Start(ctx, telemetry.Internal, "child")
			s.End()
		}
		for n := range 1000 {
			root.Set(slog.Int(fmt.Sprint(n), n))
			root.Link(telemetry.NewSpanContext())
		}
		root.Set(slog.String("more", "than fits"))
		root.Fail(strings.Repeat("é", 1<<20))
		root.End(slog.String("more", "than fits"))
		s := k.named(t, "request")
		if len(k.spans) != 512+1 || attr(s, telemetry.SpansDropped) != int64(600-512) {
			t.Errorf("%d spans were recorded and %v dropped, want 512, the request's, and 88", len(k.spans), attr(s, telemetry.SpansDropped))
		}
		if len(s.Attrs) > 65 || len(s.Links) > 64 || len(s.Error) > 4200 || !strings.HasPrefix(s.Error, "éé") || !strings.HasSuffix(s.Error, "é…") {
			t.Errorf("%d attributes, %d links, an error of %d bytes", len(s.Attrs), len(s.Links), len(s.Error))
		}
	})

	t.Run("IsSafeForConcurrentUse", func(t *testing.T) {
		t.Parallel()
		tracer, k := newTracer(always)
		ctx, root := begin(t, tracer, telemetry.SpanContext{})
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() {
				_, s := telemetry.Start(ctx, telemetry.Internal, "child")
				var ends sync.WaitGroup
				ends.Go(func() { s.Set(slog.Int("a", 1)) })
				ends.Go(func() { s.End(slog.Int("b", 2)) })
				ends.Go(func() { s.End() })
				ends.Wait()
			})
		}
		all.Go(func() { root.End() }) // some end before it, and some behind
		all.Wait()
		if len(k.spans) != 51 {
			t.Errorf("%d spans were recorded, want each of 51 once", len(k.spans))
		}
	})
}

func TestSpan_Nil(t *testing.T) {
	t.Parallel()
	ctx, s := telemetry.Start(t.Context(), telemetry.Internal, "nowhere")
	if s != nil || ctx != t.Context() {
		t.Errorf("Start() = %v, %v where there is no trace", ctx, s)
	}
	s.Set(slog.Int("a", 1))
	s.Link(telemetry.NewSpanContext())
	s.Fail("nobody hears")
	s.End(slog.Int("b", 2))
}

func TestStart_WhereNobodyLooks(t *testing.T) {
	t.Parallel()
	outer := telemetry.NewSpanContext()
	ctx, s := telemetry.Start(telemetry.WithSpan(t.Context(), outer), telemetry.Internal, "unseen")
	if at := telemetry.SpanFrom(ctx); s != nil || at.TraceID != outer.TraceID || at.Parent != outer.SpanID {
		t.Errorf("Start() = %v in %v, want no span, and the name of a child of %v", s, at, outer)
	}
}

func TestTracer_Redacts(t *testing.T) {
	t.Parallel()
	tracer, k := newTracer(always)
	ctx, root := begin(t, tracer, telemetry.SpanContext{})
	_, call := telemetry.Start(ctx, telemetry.Client, "GET /?access_token="+canary)
	root.Set(
		slog.String("password", canary), slog.Any("err", errors.New("password="+canary)),
		slog.Group("user", slog.String("name", "ada"), slog.String("password", canary), slog.Any("deep", lazy{slog.GroupValue(slog.String("token", canary))})),
		slog.Any("secret", lazy{slog.GroupValue(slog.String("a", canary))}), slog.Group("password", slog.String("a", canary)),
		slog.Any("lazy", lazy{slog.StringValue("password=" + canary)}), slog.Any("list", []string{"a", "password=" + canary}),
		slog.Any("panics", lazy{}), slog.Any("endless", endless{}), slog.Any("nothing", nil), slog.Duration("took", time.Second),
	)
	call.Fail("dial: password=" + canary)
	call.End(slog.String("card", "4242424242424242"))
	root.End()
	if all := fmt.Sprintf("%+v", k.spans); strings.Contains(all, canary) || strings.Contains(all, "4242424242424242") {
		t.Errorf("a secret was recorded: %s", all)
	}
	request := k.named(t, "request")
	for key, want := range map[string]any{
		"password": "[redacted]", "user": `{"deep":{"token":"[redacted]"},"name":"ada","password":"[redacted]"}`, "nothing": "null", "took": time.Second,
		"list": `["a","password=[redacted]"]`, "secret": "[redacted]",
	} {
		if got := attr(request, key); got != want {
			t.Errorf("%s = %v, want %v", key, got, want)
		}
	}
	for _, a := range request.Attrs {
		switch a.Value.Kind() {
		case slog.KindAny, slog.KindGroup, slog.KindLogValuer:
			t.Errorf("%s is a %s, which no backend knows", a.Key, a.Value.Kind())
		default:
		}
	}
}

// lazy says only when asked what it is, and panics if that is nothing.
type lazy struct{ v slog.Value }

func (l lazy) LogValue() slog.Value {
	if l.v.Kind() == slog.KindAny {
		panic("nothing to show")
	}
	return l.v
}

// endless has itself within.
type endless struct{}

func (e endless) LogValue() slog.Value { return slog.GroupValue(slog.Any("inner", e)) }

func TestRedactor_EndlessGroups(t *testing.T) {
	t.Parallel()
	r := &telemetry.Redactor{}
	if got := r.Attr(slog.Any("endless", endless{})).String(); !strings.Contains(got, "[…]") {
		t.Errorf("Attr() = %s", got)
	}
	if got := fmt.Sprint(r.Value(endless{})); !strings.Contains(got, "[…]") {
		t.Errorf("Value() = %s", got)
	}
	var out strings.Builder
	telemetry.NewLogger(&out, "shop", telemetry.LogConfig{}, r).Info("endless", "endless", endless{})
	if got := out.String(); !strings.Contains(got, "[…]") {
		t.Errorf("the line is %s", got)
	}
}

func TestTracer_Keeps(t *testing.T) {
	t.Parallel()
	sampled := telemetry.NewSpanContext()
	unsampled := sampled
	unsampled.Sampled = false
	slow := telemetry.TraceConfig{Slow: time.Second}
	for name, tt := range map[string]struct {
		cfg    telemetry.TraceConfig
		parent telemetry.SpanContext
		takes  time.Duration
		fails  string
		want   bool
	}{
		"a trace that begins here":                {cfg: always, want: true},
		"none of those that begin here":           {cfg: never, want: false},
		"what its beginner keeps":                 {cfg: never, parent: sampled, want: true},
		"nothing that its beginner does not":      {cfg: always, parent: unsampled, want: false},
		"what failed":                             {cfg: never, parent: unsampled, fails: "broken", want: true},
		"what is slow":                            {cfg: slow, parent: unsampled, takes: time.Second, want: true},
		"nothing that is fast":                    {cfg: slow, parent: unsampled, takes: time.Second - 1, want: false},
		"nothing for its time where none is slow": {cfg: never, parent: unsampled, takes: time.Hour, want: false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				tracer, k := newTracer(tt.cfg)
				ctx, root := begin(t, tracer, tt.parent)
				_, child := telemetry.Start(ctx, telemetry.Internal, "child")
				time.Sleep(tt.takes)
				child.Fail("which the request survives")
				child.End()
				if tt.fails != "" {
					root.Fail(tt.fails)
				}
				root.End()
				want := map[bool]string{true: "child, request"}[tt.want]
				if got := k.names(); got != want {
					t.Errorf("recorded %q, want %q", got, want)
				}
			})
		})
	}
}

func TestTracer_keepsFewForTheirTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tracer, k := newTracer(telemetry.TraceConfig{Slow: time.Second})
		for range 2 {
			roots := make([]*telemetry.Span, 50)
			for i := range roots {
				_, roots[i] = begin(t, tracer, telemetry.SpanContext{})
			}
			time.Sleep(time.Second)
			for _, root := range roots {
				root.End()
			}
		}
		if got := strings.Count(k.names(), "request"); got != 20 {
			t.Errorf("%d traces are kept of 50 slow ones in each of two seconds, want 10 of each", got)
		}
	})
}

func TestTracer_holdsNoRequestLine(t *testing.T) {
	t.Parallel()
	tracer, k := newTracer(always)
	line := "GET /carts?" + strings.Repeat("x", 1<<10)
	_, root := begin(t, tracer, telemetry.SpanContext{})
	root.End(slog.String(telemetry.HTTPRequestMethod, line[:3]), slog.String(telemetry.URLPath, line[4:10]), slog.String(telemetry.URLQuery, line[11:20]))
	for _, a := range k.spans[0].Attrs {
		at := place(a.Value.String())
		if from := place(line); at >= from && at < from+uintptr(len(line)) {
			t.Errorf("%s is a part of the line with which the request began", a.Key)
		}
	}
}

// place is where a text stands in memory.
func place(text string) uintptr { return uintptr(unsafe.Pointer(unsafe.StringData(text))) } //nolint:gosec // only compared

func TestTracer_Begin(t *testing.T) {
	t.Parallel()

	t.Run("TellsOthersWhatItHasDecided", func(t *testing.T) {
		t.Parallel()
		for _, cfg := range []telemetry.TraceConfig{always, never} {
			tracer, _ := newTracer(cfg)
			ctx, _ := begin(t, tracer, telemetry.SpanContext{})
			if at := telemetry.SpanFrom(ctx); !at.Valid() || at.Parent != [8]byte{} || at.Sampled != (cfg.Ratio == 1) {
				t.Errorf("with a share of %v the trace is %+v", cfg.Ratio, at)
			}
		}
	})

	t.Run("KeepsTheShare", func(t *testing.T) {
		t.Parallel()
		tracer, k := newTracer(telemetry.TraceConfig{Ratio: 0.5})
		for range 2000 {
			_, s := begin(t, tracer, telemetry.SpanContext{})
			s.End()
		}
		if n := len(k.spans); n < 800 || n > 1200 { // nine standard deviations
			t.Errorf("%d of 2000 traces were kept, want about a half", n)
		}
	})

	t.Run("NamesSpansWhereNobodyRecords", func(t *testing.T) {
		t.Parallel()
		parent := telemetry.NewSpanContext()
		tracer := telemetry.NewTracer(always, nil)
		ctx, s := tracer.Begin(t.Context(), parent, "cart", telemetry.Server, "request")
		if at := telemetry.SpanFrom(ctx); s != nil || at.TraceID != parent.TraceID || at.Parent != parent.SpanID {
			t.Errorf("Begin() = %v in %v, want no span, and the name of one", s, at)
		}
	})
}

func TestTraceparentOf(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		values []string
		want   bool
	}{
		"one":              {[]string{example}, true},
		"none":             {nil, false},
		"two of a kind":    {[]string{example, example}, false},
		"one in two words": {[]string{example + ", " + example}, false},
		"a huge one":       {[]string{strings.Repeat(example, 10_000)}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if s, ok := telemetry.TraceparentOf(map[string][]string{"Traceparent": tt.values}); ok != tt.want {
				t.Errorf("TraceparentOf() = %v, %t", s, ok)
			}
		})
	}
}

// BenchmarkTracer is what a request costs: one leg with the attributes of an access line,
// by itself and with ten statements in it.
func BenchmarkTracer(b *testing.B) {
	nobody := telemetry.NewTracer(always, nil)
	dropping := telemetry.NewTracer(never, nil, discard{})
	keeping := telemetry.NewTracer(always, nil, discard{})
	for _, bm := range []struct {
		name     string
		tracer   *telemetry.Tracer
		children int
	}{{"nobody_records", nobody, 0}, {"dropped", dropping, 0}, {"kept", keeping, 0}, {"dropped_with_10_inside", dropping, 10}, {"kept_with_10_inside", keeping, 10}} {
		b.Run(bm.name, func(b *testing.B) {
			ctx := b.Context()
			b.ReportAllocs()
			for b.Loop() {
				inside, root := bm.tracer.Begin(ctx, telemetry.SpanContext{}, "cart", telemetry.Server, "GET /carts/{id}")
				for range bm.children {
					_, s := telemetry.Start(inside, telemetry.Client, "SELECT carts", slog.String("db.system.name", "postgresql"), slog.String("db.query.text", "SELECT id, owner FROM carts WHERE id = $1"))
					s.End(slog.Int64("db.response.returned_rows", 1))
				}
				root.End(
					slog.String("method", "GET"), slog.String("route", "GET /carts/{id}"), slog.String("path", "/carts/0198c0de-0000-7000-8000-000000000001"),
					slog.Int("status", 200), slog.Float64("duration_ms", 0.123), slog.Int64("bytes", 512),
					slog.String("remote_ip", "127.0.0.1"), slog.String("sub", "0198c0de-0000-7000-8000-000000000002"))
			}
		})
	}
}

type discard struct{}

func (discard) Record([]telemetry.SpanData) {}

func TestRound(t *testing.T) {
	t.Parallel()
	tracer, k := newTracer(always)
	behind := tracer.Behind(t.Context(), "cart")
	if at := telemetry.SpanFrom(behind); !at.Valid() || at.Sampled {
		t.Errorf("work that goes on for ever has the trace %+v, want one for the log alone", at)
	}
	if _, s := telemetry.Start(behind, telemetry.Client, "looks for work"); s != nil {
		t.Error("what looks for work is recorded")
	}
	ctx, round := telemetry.Round(behind, "round")
	_, inner := telemetry.Round(ctx, "part of it")
	inner.End()
	round.End()
	if _, s := telemetry.Round(t.Context(), "nowhere"); s != nil {
		t.Error("a round where no module is at work")
	}
	if s, part := k.named(t, "round"), k.named(t, "part of it"); s.Parent != [8]byte{} || s.Module != "cart" || part.Parent != s.SpanID || s.TraceID == telemetry.SpanFrom(behind).TraceID {
		t.Errorf("recorded %+v", k.spans)
	}
}
