package api_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/problem"
	"github.com/slipway-go/slipway/s2s"
)

// A bay is a neighbour with one mounted route, in this process.
type bay struct {
	http.RoundTripper
	route *api.Mounted
}

func (b bay) ModuleName() string { return "bay" }

func newBay(t *testing.T, h http.HandlerFunc) bay {
	t.Helper()
	c := api.Module("bay")
	route := api.Handler(c, "POST /goods/{kind}/{path...}", auth.Public("a test"), "Unload goods")
	s := api.NewServer(c, api.ServerConfig{})
	api.Mount(registrar{s}, route, h)
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	return bay{s2s.Local(s), route}
}

func TestSend(t *testing.T) {
	t.Parallel()

	t.Run("tells a refusal from what went wrong", func(t *testing.T) {
		t.Parallel()
		b := newBay(t, func(w http.ResponseWriter, r *http.Request) {
			api.Fail(w, r, problem.Conflict("the bay is full").WithCode("bay_full"))
		})
		_, err := api.Send(t.Context(), b, b.route, api.Request{Path: map[string]string{"kind": "wood", "path": "a"}})
		if p, ok := api.Refused(err); !ok || p.Code() != "bay_full" || !strings.Contains(err.Error(), "call bay: POST /goods/{kind}/{path...}") {
			t.Errorf("Send() = %v, want a refusal by its code", err)
		}
		if _, err := api.Send(t.Context(), elsewhere{b}, b.route, api.Request{}); err == nil || !strings.Contains(err.Error(), "belongs to bay") {
			t.Errorf("Send() = %v, want one that names the right caller", err)
		}
	})
	t.Run("does not leave its path", func(t *testing.T) {
		t.Parallel()
		b := newBay(t, func(http.ResponseWriter, *http.Request) { t.Error("a request came") })
		for _, kind := range []string{"", ".", ".."} {
			if _, err := api.Send(t.Context(), b, b.route, api.Request{Path: map[string]string{"kind": kind, "path": "a"}}); err == nil {
				t.Errorf("kind %q: no error", kind)
			}
		}
	})
	t.Run("passes what it is given", func(t *testing.T) {
		t.Parallel()
		b := newBay(t, func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			w.WriteHeader(http.StatusCreated)
			_, _ = io.WriteString(w, strings.Join([]string{r.PathValue("kind"), r.PathValue("path"), r.Header.Get("Content-Type"), string(body)}, " "))
		})
		resp, err := api.Send(t.Context(), b, b.route, api.Request{
			Path:   map[string]string{"kind": "a/b c?", "path": "x/y z"},
			Header: http.Header{"Content-Type": {"text/plain"}}, Body: strings.NewReader("all"),
		})
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if body, err := io.ReadAll(resp.Body); err != nil || string(body) != "a/b c? x/y z text/plain all" || resp.StatusCode != http.StatusCreated {
			t.Errorf("answer = %d %q, %v", resp.StatusCode, body, err)
		}
	})
}

type elsewhere struct{ bay }

func (elsewhere) ModuleName() string { return "desk" }
