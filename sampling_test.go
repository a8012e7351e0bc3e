package slipway_test

import (
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/telemetry"
)

// recorded keeps spans.
type recorded struct {
	mu    sync.Mutex
	spans []telemetry.SpanData
}

func (r *recorded) Record(spans []telemetry.SpanData) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.spans = append(r.spans, spans...)
}

func (r *recorded) all() []telemetry.SpanData {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]telemetry.SpanData{}, r.spans...)
}

// asked is what the edge makes of a request: what it tells the module behind it, and records.
type asked struct {
	header http.Header // of the request that the module gets
	spans  []telemetry.SpanData
}

// askEdge asks the edge of a product whose modules live elsewhere.
func askEdge(t *testing.T, settings map[string]string, header http.Header) asked {
	t.Helper()
	var a asked
	module := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { a.header = r.Header }))
	t.Cleanup(module.Close)
	spans := &recorded{}
	src := config.New(map[string]string{"SLIPWAY_MODULES": "edge", "SHELF_URL": module.URL, "DESK_URL": module.URL}).With(settings)
	app, err := slipway.NewWith(src, slipway.Overrides{Stdout: io.Discard, Spans: spans}, library()...)
	if err != nil {
		t.Fatal(err)
	}
	if err := app.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/books/Emma", http.NoBody)
	r.RemoteAddr = "192.0.2.7:1234"
	maps.Copy(r.Header, header)
	app.Handler().ServeHTTP(httptest.NewRecorder(), r)
	if got, want := len(r.Header["Traceparent"]), len(header["Traceparent"]); got != want {
		t.Errorf("the request of whoever asked has %d traceparents, had %d", got, want)
	}
	a.spans = spans.all()
	return a
}

func TestEdge_forgedTraces(t *testing.T) {
	t.Parallel()
	const id, sampled, unsampled = "4bf92f3577b34da6a3ce929d0e0e4736", "-00f067aa0ba902b7-01", "-00f067aa0ba902b7-00"
	all, none := map[string]string{"OTEL_TRACES_SAMPLER_ARG": "1"}, map[string]string{"OTEL_TRACES_SAMPLER_ARG": "0"}
	trusted := map[string]string{"OTEL_TRACES_SAMPLER_ARG": "0", "SLIPWAY_TRUSTED_PROXIES": "192.0.2.0/24"}
	for name, tt := range map[string]struct {
		settings map[string]string
		claims   []string
		believed bool // the identifier of the trace
		sampled  bool
	}{
		"a trace is recorded though the outside does not want it": {all, []string{"00-" + id + unsampled}, true, true},
		"no trace is recorded because the outside wants it":       {none, []string{"00-" + id + sampled}, true, false},
		"a load balancer of ours decides":                         {trusted, []string{"00-" + id + sampled}, true, true},
		"a trace begins here":                                     {all, nil, false, true},
		"a trace begins here and is not recorded":                 {none, nil, false, false},
		"upper case is refused":                                   {all, []string{strings.ToUpper("00-" + id + sampled)}, false, true},
		"zeroes are refused":                                      {all, []string{"00-00000000000000000000000000000000" + sampled}, false, true},
		"two headers are refused":                                 {all, []string{"00-" + id + sampled, "00-" + id + sampled}, false, true},
		"two headers of a load balancer are refused":              {trusted, []string{"00-" + id + sampled, "00-" + id + sampled}, false, false},
		"a huge header is refused":                                {none, []string{"00-" + id + sampled + strings.Repeat("-x", 10_000)}, false, false},
		"nonsense is refused":                                     {none, []string{"drop table spans"}, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			header := http.Header{"Tracestate": {"vendor=1"}}
			if tt.claims != nil {
				header["Traceparent"] = tt.claims
			}
			got := askEdge(t, tt.settings, header)
			at, ok := telemetry.TraceparentOf(got.header)
			if !ok || (at.TraceIDString() == id) != tt.believed || at.Sampled != tt.sampled {
				t.Errorf("the module is told %q, want the identifier %s (%t) and sampled %t", got.header["Traceparent"], id, tt.believed, tt.sampled)
			}
			if len(got.header["Tracestate"]) > 0 {
				t.Errorf("the module is told the state %q of somebody else's span", got.header["Tracestate"])
			}
			if tt.sampled != (len(got.spans) == 1) {
				t.Fatalf("recorded %+v", got.spans)
			}
			if tt.sampled && (got.spans[0].SpanID != at.SpanID || got.spans[0].Module != "edge" || got.spans[0].Kind != telemetry.Server) {
				t.Errorf("recorded %+v, want the span that the module is told", got.spans[0])
			}
		})
	}
}

func TestModule_believesTheEdge(t *testing.T) {
	t.Parallel()
	spans := &recorded{}
	src := config.New(map[string]string{"SLIPWAY_MODULES": "shelf", "DESK_URL": "http://127.0.0.1:1", "OTEL_TRACES_SAMPLER_ARG": "0", "SSO_ISSUER": "http://127.0.0.1:1", "SHELF_CLIENT_SECRET": strings.Repeat("s", 32)})
	app, err := slipway.NewWith(src, slipway.Overrides{Stdout: io.Discard, Spans: spans}, library()...)
	if err != nil {
		t.Fatal(err)
	}
	if err := app.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	at := telemetry.NewSpanContext()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/books/Emma", http.NoBody)
	r.Header.Set("Traceparent", at.Traceparent())
	app.Handler().ServeHTTP(httptest.NewRecorder(), r)
	if all := spans.all(); len(all) != 1 || all[0].TraceID != at.TraceID || all[0].Parent != at.SpanID {
		t.Errorf("recorded %+v, want a span below %v", all, at)
	}
}
