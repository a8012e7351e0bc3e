package slipway_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/auth/authtest"
	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/slipwaytest"
	"github.com/slipway-go/slipway/telemetry"
	"github.com/slipway-go/slipway/telemetry/otlp"
)

// A collector keeps the spans that are sent to it.
type collector struct {
	mu      sync.Mutex
	spans   []telemetry.SpanData
	arrived chan struct{}
}

func newCollector() *collector { return &collector{arrived: make(chan struct{}, 1)} }

func (c *collector) Record(spans []telemetry.SpanData) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.spans = append(c.spans, spans...)
	select {
	case c.arrived <- struct{}{}:
	default:
	}
}

func (c *collector) has(wanted func(telemetry.SpanData) bool) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.ContainsFunc(c.spans, wanted)
}

func (c *collector) await(t *testing.T, what string, wanted func(telemetry.SpanData) bool) {
	t.Helper()
	for !c.has(wanted) {
		select {
		case <-c.arrived:
		case <-time.After(20 * time.Second):
			t.Fatalf("no span of %s arrived", what)
		}
	}
}

// receiver serves what takes spans, at a real address.
func receiver(t *testing.T, h http.Handler) (address string) {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server.URL
}

func TestExport(t *testing.T) {
	t.Parallel()
	c := newCollector()
	mux := http.NewServeMux()
	mux.Handle("POST /v1/traces", otlp.Handler(c))
	settings := map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": receiver(t, mux), "OTEL_BSP_SCHEDULE_DELAY": "20"}
	slipwaytest.DeploymentsWith(t, settings, library(), func(t *testing.T, k *slipwaytest.Kit) {
		slipwaytest.Do(k.As("reader"), readBook, titleInput{"Emma"}).Want(200)

		t.Run("sends what each module did, with its service", func(t *testing.T) {
			for _, module := range []string{"desk", "shelf"} {
				c.await(t, module, func(s telemetry.SpanData) bool {
					return s.Module == module && s.Kind == telemetry.Server && strings.HasPrefix(s.Service, "test")
				})
			}
		})
	})
}

func TestExport_atTheEnd(t *testing.T) {
	t.Parallel()
	c, issuer := newCollector(), authtest.NewIssuer()
	settings := map[string]string{
		"SLIPWAY_ENV": "test", "SSO_ISSUER": authtest.URL, "OTEL_SERVICE_NAME": "library", "OTEL_BSP_SCHEDULE_DELAY": "3600000",
		"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": receiver(t, otlp.Handler(c)) + "/of/my/own",
	}
	app, err := slipway.NewWith(config.New(settings), slipway.Overrides{SSO: issuer, Stdout: t.Output()}, library()...)
	if err != nil {
		t.Fatal(err)
	}
	if err := app.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	askForBook(t, app, issuer.Mint(authtest.User("reader", "shelf:read")))
	if err := app.Close(); err != nil {
		t.Fatal(err)
	}
	if !c.has(func(s telemetry.SpanData) bool { return s.Module == "shelf" && s.Service == "library" }) {
		t.Error("the span of the last request did not arrive")
	}
}

// TestExport_toNowhere serves while nobody takes the spans.
func TestExport_toNowhere(t *testing.T) {
	t.Parallel()
	for name, h := range map[string]http.HandlerFunc{
		"never answers": func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body) // or the server does not notice that the client leaves
			<-r.Context().Done()
		},
		"refuses":             func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) },
		"is always too busy":  func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTooManyRequests) },
		"cuts the connection": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			issuer := authtest.NewIssuer()
			app := started(t, slipway.Overrides{SSO: issuer}, map[string]string{
				"SSO_ISSUER": authtest.URL, "OTEL_EXPORTER_OTLP_ENDPOINT": receiver(t, h), "OTEL_EXPORTER_OTLP_TIMEOUT": "100",
				"OTEL_BSP_MAX_QUEUE_SIZE": "8", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "4",
			}, library()...)
			reader, operator := issuer.Mint(authtest.User("reader", "shelf:read")), issuer.Mint(authtest.User("operator", "kit:inspect"))
			for range 50 {
				askForBook(t, app, reader)
			}
			dropped := slices.ContainsFunc(seriesOf(t, app, operator), func(series string) bool {
				return strings.HasPrefix(series, `slipway_telemetry_dropped_total{module="kit",reason="queue_full",signal="spans"}`) && !strings.HasSuffix(series, " 0")
			})
			if !dropped {
				t.Error("50 requests with a queue of 8 spans: /metrics counts none that were dropped")
			}
		})
	}
}

func askForBook(t *testing.T, app *slipway.App, token string) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/books/Emma", http.NoBody)
	r.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	app.Handler().ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		t.Fatalf("GET /books/Emma: %d %s", w.Code, w.Body)
	}
}

func TestExport_settings(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ variable, value, want string }{
		{"OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318", "an http or https URL"},
		{"OTEL_EXPORTER_OTLP_HEADERS", "canary", "no key=value"},
		{"OTEL_EXPORTER_OTLP_HEADERS", "key=canary%0d%0aHost: elsewhere", "no header"},
		{"OTEL_EXPORTER_OTLP_TIMEOUT", "10s", "a whole number"},
		{"OTEL_EXPORTER_OTLP_COMPRESSION", "zstd", "gzip or none"},
		{"OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", "http/protobuf"},
		{"OTEL_RESOURCE_ATTRIBUTES", "team=100%", "percent-encoded"},
	} {
		t.Run(c.variable, func(t *testing.T) {
			t.Parallel()
			_, err := slipway.New(config.New(map[string]string{"SLIPWAY_ENV": "test", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318", c.variable: c.value}), library()...)
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), c.variable) {
				t.Errorf("%s=%s: %v, want a problem of it with %q", c.variable, c.value, err, c.want)
			}
			if err != nil && strings.Contains(err.Error(), "canary") {
				t.Errorf("the error repeats a secret: %v", err)
			}
		})
	}
}
