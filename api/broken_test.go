package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/telemetry"
	"github.com/slipway-go/slipway/telemetry/metricstest"
)

// kept are the spans that are recorded.
type kept []telemetry.SpanData

// Record implements telemetry.Recorder.
func (k *kept) Record(spans []telemetry.SpanData) { *k = append(*k, spans...) }

// speechless is an error of which a nil pointer cannot say what it is.
type speechless struct{ text string }

func (s *speechless) Error() string { return s.text }

// A request that ends in the middle is told and counted as what became of it, whatever
// status the client had got by then.
func TestServer_requestThatBreaksOff(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		gone   bool // the caller
		handle http.HandlerFunc
		level  string
		status string
	}{
		"a panic behind half an answer": {false, func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "half")
			panic("made up")
		}, "ERROR", "500"},
		"an error behind half an answer": {false, func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, "half")
			api.Fail(w, r, io.ErrUnexpectedEOF)
		}, "ERROR", "500"},
		"less than was announced":                              {false, half, "ERROR", "500"},
		"less than was announced, to a caller who went away":   {true, half, "INFO", "499"},
		"a connection that is dropped":                         {false, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "ERROR", "500"},
		"one that is dropped since the caller went away":       {true, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "INFO", "499"},
		"an error that cannot say what it is":                  {false, func(w http.ResponseWriter, r *http.Request) { api.Fail(w, r, (*speechless)(nil)) }, "ERROR", "500"},
		"a panic of ours, also when the caller has gone since": {true, func(http.ResponseWriter, *http.Request) { panic("made up") }, "ERROR", "500"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			var spans kept
			metrics := prometheus.NewRegistry()
			logger := telemetry.NewLogger(&out, "shop", telemetry.LogConfig{}, nil)
			h := api.Observe("desk", "GET /desk", telemetry.Observer{
				Logger: logger, Reporter: telemetry.LogReporter(logger), Metrics: metrics, Tracer: telemetry.NewTracer(telemetry.TraceConfig{}, nil, &spans),
			}, c.handle)
			sendAndRecover(t, h, c.gone)

			line := lastLine(t, out.Bytes())
			if line["msg"] != "request" || line["level"] != c.level {
				t.Errorf("the last line is %v, want that of the request at level %s", line, c.level)
			}
			if failed := len(spans) == 1 && spans[0].Error != ""; failed != (c.level == "ERROR") {
				t.Errorf("spans kept without sampling: %+v", spans)
			}
			metricstest.Want(t, metrics, `http_server_request_duration_seconds{http_request_method="GET",http_response_status_code="`+c.status+`",http_route="/desk"} 1`)
			metricstest.Want(t, metrics, `http_server_active_requests{http_request_method="GET",http_route="/desk"} 0`)
		})
	}
}

// half announces more than it writes.
func half(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "8")
	_, _ = io.WriteString(w, "half")
}

// sendAndRecover is what net/http does around a handler.
func sendAndRecover(t *testing.T, h http.Handler, gone bool) {
	t.Helper()
	defer func() { _ = recover() }()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if gone {
		cancel()
	}
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, http.MethodGet, "/desk", http.NoBody))
}

func lastLine(t *testing.T, text []byte) (line map[string]any) {
	t.Helper()
	lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	if err := json.Unmarshal(lines[len(lines)-1], &line); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return line
}
