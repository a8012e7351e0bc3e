package slipwaytest

import (
	"cmp"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/telemetry"
	"github.com/slipway-go/slipway/telemetry/otlp"
)

// Traces are the spans of a deployment, whose processes export them to the test. Give its
// Settings to [DeploymentsWith], and send requests [Within] a trace.
type Traces struct {
	address string

	mu    sync.Mutex
	spans []telemetry.SpanData
}

// NewTraces takes spans until the end of the test.
func NewTraces(t testing.TB) *Traces {
	t.Helper()
	r := &Traces{}
	mux := http.NewServeMux()
	mux.Handle("POST /v1/traces", otlp.Handler(r))
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	r.address = server.URL
	return r
}

// Settings have every process record everything and export it soon.
func (r *Traces) Settings() map[string]string {
	return map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": r.address, "OTEL_BSP_SCHEDULE_DELAY": "100", "OTEL_TRACES_SAMPLER_ARG": "1"}
}

// Within puts a request into a trace of the test's own, below a span of it.
func Within(at telemetry.SpanContext) Extra {
	return func(r *http.Request) { r.Header.Set("Traceparent", at.Traceparent()) }
}

// Record implements telemetry.Recorder.
func (r *Traces) Record(spans []telemetry.SpanData) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.spans = append(r.spans, spans...)
}

// Tree returns what has come of a trace so far, as text that is the same however the product
// is deployed, and in every run: without times, without the edge's own span around that of
// the module and without waits for connections. What happens inside a span is in the order
// in which it began; what follows from an event, in that of the names.
func (r *Traces) Tree(trace telemetry.SpanContext) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	t := &spanTree{children: map[[8]byte][]telemetry.SpanData{}}
	folded := map[[8]byte][8]byte{}
	for _, s := range r.spans {
		if s.TraceID == trace.TraceID && s.Module == edgeName && s.Kind == telemetry.Server {
			folded[s.SpanID] = s.Parent
		}
	}
	for _, s := range r.spans {
		if _, edge := folded[s.SpanID]; edge || s.TraceID != trace.TraceID || s.Name == postgres.WaitSpan {
			continue
		}
		if parent, edge := folded[s.Parent]; edge {
			s.Parent = parent
		}
		t.children[s.Parent] = append(t.children[s.Parent], s)
	}
	t.write(trace.SpanID, telemetry.Internal, "")
	return t.text.String()
}

const edgeName = "edge"

type spanTree struct {
	children map[[8]byte][]telemetry.SpanData
	text     strings.Builder
}

func (t *spanTree) write(parent [8]byte, kind telemetry.Kind, indent string) {
	all := t.children[parent]
	slices.SortStableFunc(all, func(a, b telemetry.SpanData) int {
		if kind == telemetry.Producer {
			return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Module, b.Module), a.Start.Compare(b.Start))
		}
		return a.Start.Compare(b.Start)
	})
	for _, s := range all {
		t.text.WriteString(indent + s.Module + "  " + s.Name)
		if s.Error != "" {
			t.text.WriteString("  failed: " + s.Error)
		}
		t.text.WriteByte('\n')
		t.write(s.SpanID, s.Kind, indent+"    ")
	}
}
