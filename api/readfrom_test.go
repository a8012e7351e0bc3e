package api_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/telemetry"
)

// onlyReader hides what else a reader can do.
type onlyReader struct{ io.Reader }

// A taker is a response writer that takes bytes from a reader itself, as a connection does.
type taker struct {
	*httptest.ResponseRecorder

	taken int64
}

// ReadFrom implements io.ReaderFrom.
func (k *taker) ReadFrom(src io.Reader) (int64, error) {
	n, err := io.Copy(k.Body, src)
	k.taken += n
	return n, err
}

// What a handler copies from a reader goes to the connection by itself, since that sends a
// file without this process seeing the bytes.
func TestServer_answerThatIsReadFromAFile(t *testing.T) {
	t.Parallel()
	serve := func(t *testing.T, h http.HandlerFunc) (w *taker, line map[string]any) {
		t.Helper()
		var out bytes.Buffer
		logger := telemetry.NewLogger(&out, "shop", telemetry.LogConfig{}, nil)
		w = &taker{ResponseRecorder: httptest.NewRecorder()}
		api.Observe("desk", "GET /desk", telemetry.Observer{Logger: logger}, h).
			ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/desk", http.NoBody))
		return w, lastLine(t, out.Bytes())
	}

	t.Run("is dropped behind an error", func(t *testing.T) {
		t.Parallel()
		w, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, "half")
			api.Fail(w, r, io.ErrUnexpectedEOF)
			if n, err := io.Copy(w, onlyReader{strings.NewReader("canary")}); n != 6 || err != nil {
				t.Errorf("Copy() = %d, %v; want it swallowed", n, err)
			}
		})
		if w.Body.String() != "half" || w.taken != 0 {
			t.Errorf("the answer is %q, want nothing behind the error", w.Body)
		}
	})

	t.Run("reaches the connection, and is counted", func(t *testing.T) {
		t.Parallel()
		w, line := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.Copy(w, onlyReader{strings.NewReader("all of it")})
		})
		if w.taken != 9 || line["http.response.body.size"] != 9.0 || w.Code != http.StatusOK {
			t.Errorf("the connection took %d bytes, and the line says %v; want 9", w.taken, line)
		}
	})
}

// The connection does not say to the context that it is gone when it sends a file itself.
func TestServer_clientThatLeavesAFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "large")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 256<<20); err != nil {
		t.Fatal(err)
	}
	lines := make(chan map[string]any, 1)
	var out bytes.Buffer
	logger := telemetry.NewLogger(&out, "shop", telemetry.LogConfig{}, nil)
	h := api.Observe("desk", "GET /desk", telemetry.Observer{Logger: logger}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.ServeFile(w, r, path)
	}))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() { lines <- lastLine(t, out.Bytes()) }()
		h.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)

	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(resp.Body, make([]byte, 1<<10)); err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if line := <-lines; line["level"] != "INFO" || line["http.response.status_code"] != 499.0 {
		t.Errorf("the line is %v, want status 499 at level INFO", line)
	}
}
