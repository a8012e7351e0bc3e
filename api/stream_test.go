package api_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/auth/authtest"
	"github.com/slipway-go/slipway/telemetry"
)

// A mounted handler may write bit by bit.
func TestMount_streams(t *testing.T) {
	t.Parallel()

	t.Run("half an answer never looks like a whole one", func(t *testing.T) {
		t.Parallel()
		s := newStream(t, auth.Public("a test"), func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "half")
			_ = http.NewResponseController(w).Flush()
			panic("canary")
		})
		resp := s.get(t, "")
		body, err := io.ReadAll(resp.Body)
		if err == nil || string(body) != "half" {
			t.Errorf("read %q, %v; want half and then an error", body, err)
		}
		s.server.Close() // waits for the handler
		if got := s.reports.Load(); got != 1 {
			t.Errorf("error reports = %d, want 1", got)
		}
	})

	t.Run("nothing comes of an Owner route that has not asked whose it is", func(t *testing.T) {
		t.Parallel()
		for name, h := range map[string]http.HandlerFunc{
			"by writing": func(w http.ResponseWriter, _ *http.Request) {
				_ = http.NewResponseController(w).Flush()
				_, _ = io.WriteString(w, "canary")
			},
			"by sending what it reads": func(w http.ResponseWriter, _ *http.Request) {
				_, _ = io.Copy(w, onlyReader{strings.NewReader("canary")})
			},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				s := newStream(t, auth.Need(read).Owner(), h)
				resp := s.get(t, s.issuer.Mint(authtest.User("anna", "shelf:read")))
				body, err := io.ReadAll(resp.Body)
				if err != nil || resp.StatusCode != http.StatusInternalServerError || strings.Contains(string(body), "canary") {
					t.Errorf("answer = %d %s, %v; want 500 and nothing of the handler's", resp.StatusCode, body, err)
				}
			})
		}
	})

	t.Run("what is flushed arrives before the handler ends", func(t *testing.T) {
		t.Parallel()
		arrived := make(chan struct{})
		s := newStream(t, auth.Public("a test"), func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, "one,")
			_ = http.NewResponseController(w).Flush()
			select {
			case <-arrived:
				_, _ = io.WriteString(w, "two")
			case <-r.Context().Done():
			}
		})
		resp := s.get(t, "")
		first := make([]byte, len("one,"))
		if _, err := io.ReadFull(resp.Body, first); err != nil || string(first) != "one," {
			t.Fatalf("read %q, %v; want the first part", first, err)
		}
		close(arrived)
		if rest, err := io.ReadAll(resp.Body); err != nil || string(rest) != "two" {
			t.Errorf("read %q, %v; want the rest", rest, err)
		}
	})
}

// A stream is a server with one mounted route.
type stream struct {
	server  *httptest.Server
	issuer  *authtest.Issuer
	reports atomic.Int64
}

var _ telemetry.Reporter = (*stream)(nil)

func newStream(t *testing.T, access auth.Access, h http.HandlerFunc) *stream {
	t.Helper()
	s := &stream{issuer: authtest.NewIssuer()}
	c := api.Module("shelf")
	route := api.Handler(c, "GET /stream", access, "Read bit by bit")
	server := api.NewServer(c, api.ServerConfig{Authenticator: s.issuer.Verifier(), Observer: telemetry.Observer{Reporter: s}})
	api.Mount(registrar{server}, route, h)
	if err := server.Err(); err != nil {
		t.Fatal(err)
	}
	s.server = httptest.NewServer(server)
	t.Cleanup(s.server.Close)
	return s
}

// Report implements telemetry.Reporter.
func (s *stream) Report(_ context.Context, err error, _ ...slog.Attr) {
	if !errors.Is(err, http.ErrAbortHandler) {
		s.reports.Add(1)
	}
}

func (s *stream) get(t *testing.T, token string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.server.URL+"/stream", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := s.server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	return resp
}
