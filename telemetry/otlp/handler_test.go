package otlp_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/slipway-go/slipway/telemetry/otlp"
)

func packed(t *testing.T, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func post(t *testing.T, to http.Handler, body io.Reader, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/v1/traces", body)
	r.Header.Set("Content-Type", "application/x-protobuf")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	to.ServeHTTP(w, r)
	return w
}

func TestHandler(t *testing.T) {
	t.Parallel()
	body, err := proto.Marshal(request("checkout", asJudged(fullSpan())))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		body    []byte
		headers []string
		status  int
		want    string
	}{
		"spans":                         {body, nil, 200, ""},
		"spans that are packed":         {packed(t, body), []string{"Content-Encoding", "gzip"}, 200, ""},
		"nothing":                       {nil, nil, 200, ""},
		"what is no protobuf":           {[]byte("hello"), nil, 400, "no ExportTraceServiceRequest"},
		"what is not packed as it says": {body, []string{"Content-Encoding", "gzip"}, 400, "cannot be read"},
		"a packing that nobody knows":   {body, []string{"Content-Encoding", "br"}, 415, "gzip or not at all"},
		"JSON":                          {[]byte("{}"), []string{"Content-Type", "application/json"}, 415, "http/protobuf"},
		"too much":                      {make([]byte, 5<<20), nil, 413, "4194304 bytes as it was sent"},
		"what swells up":                {packed(t, make([]byte, 16<<20)), []string{"Content-Encoding", "gzip"}, 413, "more than 8388608 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := &store{}
			w := post(t, otlp.Handler(got), bytes.NewReader(c.body), c.headers...)
			if w.Code != c.status || !strings.Contains(w.Body.String(), c.want) {
				t.Errorf("%d %s, want %d with %q", w.Code, w.Body, c.status, c.want)
			}
			if c.status != 200 && len(got.all()) > 0 {
				t.Error("spans of a refused request were kept")
			}
		})
	}
	t.Run("more at once than it has room for", func(t *testing.T) {
		t.Parallel()
		h := otlp.Handler(&store{})
		var answers sync.WaitGroup
		var writers []*io.PipeWriter
		for range 2 {
			reader, writer := io.Pipe()
			answers.Go(func() {
				if w := post(t, h, reader); w.Code != 200 {
					t.Errorf("%d, want 200 for the first two", w.Code)
				}
			})
			if _, err := writer.Write(body); err != nil { // it is read, so it has been let in
				t.Fatal(err)
			}
			writers = append(writers, writer)
		}
		if w := post(t, h, bytes.NewReader(body)); w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") != "1" {
			t.Errorf("%d, Retry-After: %q, want 429 and 1", w.Code, w.Header().Get("Retry-After"))
		}
		for _, w := range writers {
			_ = w.Close() // never fails
		}
		answers.Wait()
	})
	t.Run("GET", func(t *testing.T) {
		t.Parallel()
		w := httptest.NewRecorder()
		otlp.Handler(&store{}).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/v1/traces", http.NoBody))
		if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != http.MethodPost {
			t.Errorf("%d, Allow: %q", w.Code, w.Header().Get("Allow"))
		}
	})
}
