package otlp_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/slipway-go/slipway/telemetry"
	"github.com/slipway-go/slipway/telemetry/otlp"
)

// A store is who gets what arrives.
type store struct {
	mu    sync.Mutex
	spans []telemetry.SpanData
}

func (s *store) Record(spans []telemetry.SpanData) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.spans = append(s.spans, spans...)
}

func (s *store) all() []telemetry.SpanData {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.spans
}

// through is a transport to a handler in the same bubble.
func through(h http.Handler) roundTripper {
	return func(r *http.Request) (*http.Response, error) {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Result(), nil
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// A bench is an exporter that runs.
type bench struct {
	*otlp.Exporter

	lines *lines
	stop  func() // and wait
}

// lines are those of the log.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func run(t *testing.T, to http.RoundTripper, change ...func(*otlp.ExporterConfig)) *bench {
	t.Helper()
	lines := &lines{}
	cfg := otlp.ExporterConfig{Transport: to, Resource: []slog.Attr{slog.String("service.name", "shop-cart")}, Version: "v1"}
	cfg.Endpoint = &url.URL{Scheme: "http", Host: "collector:4318"}
	cfg.Logger = slog.New(slog.NewTextHandler(lines, nil))
	for _, c := range change {
		c(&cfg)
	}
	e, err := otlp.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := e.Run(ctx); err != nil {
			t.Error(err)
		}
	}()
	stop := func() { cancel(); <-done }
	t.Cleanup(stop)
	return &bench{e, lines, stop}
}

func TestExporter(t *testing.T) {
	t.Parallel()
	t.Run("What is recorded arrives as it was", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			got := &store{}
			b := run(t, through(otlp.Handler(got)))
			sent := testSpans(t, 3)
			b.Record(sent)
			time.Sleep(2 * time.Second)
			for i := range sent {
				sent[i].Service = "shop-cart"
			}
			if !reflect.DeepEqual(plain(got.all()), plain(sent)) {
				t.Errorf("arrived %+v, want %+v", got.all(), sent)
			}
			if b.Exported() != 3 || b.lines.String() != "" {
				t.Errorf("exported %d, want 3; the log has %s", b.Exported(), b.lines)
			}
		})
	})
	t.Run("What is recorded last arrives at the stop", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			got := &store{}
			b := run(t, through(otlp.Handler(got)))
			b.Record(testSpans(t, 2000))
			b.stop()
			if n := len(got.all()); n != 2000 {
				t.Errorf("%d spans arrived, want 2000", n)
			}
		})
	})
}

// plain makes spans comparable: a value of slog holds what it was made of.
func plain(spans []telemetry.SpanData) []map[string]any {
	all := make([]map[string]any, len(spans))
	for i, s := range spans {
		all[i] = map[string]any{"at": s.SpanContext, "name": s.Name, "kind": s.Kind, "service": s.Service, "module": s.Module, "start": s.Start.UnixNano(), "end": s.End.UnixNano(), "error": s.Error}
		for _, a := range s.Attrs {
			all[i]["attr "+a.Key] = a.Value.Any()
		}
		for _, l := range s.Links {
			l.Parent = [8]byte{}
			all[i]["link "+l.SpanIDString()] = l
		}
	}
	return all
}
