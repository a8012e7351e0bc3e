package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/auth/authtest"
	"github.com/slipway-go/slipway/telemetry"
)

// accessLine sends the request with the claims to a shelf and returns its access line.
func accessLine(t *testing.T, method string, claims authtest.Claims) map[string]any {
	t.Helper()
	var out bytes.Buffer
	s, issuer := newShelf(), authtest.NewIssuer()
	server := api.NewServer(s.contract, api.ServerConfig{
		Authenticator: issuer.Verifier(),
		Observer:      telemetry.Observer{Logger: telemetry.NewLogger(&out, "shop", telemetry.LogConfig{}, nil)},
	})
	w := &world{Server: server}
	api.Handle(w, s.get, func(ctx context.Context, in getInput) (book, error) { return book{ID: in.ID}, auth.Own(ctx, "anna") })
	api.Handle(w, s.remove, func(context.Context, getInput) (api.Empty, error) { return api.Empty{}, nil })
	r := httptest.NewRequestWithContext(t.Context(), method, "/books/"+bookID.String(), http.NoBody)
	r.RemoteAddr = "192.0.2.7:4711"
	r.Header.Set("Authorization", "Bearer "+issuer.Mint(claims))
	w.ServeHTTP(httptest.NewRecorder(), r)
	var line map[string]any
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatalf("%q is not one line of JSON: %v", out.String(), err)
	}
	return line
}

func TestServer_accessLine(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		method string
		claims authtest.Claims
		want   map[string]any
	}{
		"names what a stranger is refused": {"GET", authtest.User("bert", "shelf:read"), map[string]any{
			"msg": "request", "http.request.method": "GET", "http.route": "/books/{id}", "url.path": "/books/" + bookID.String(), "client.address": "192.0.2.7",
			"http.response.status_code": 404.0, "user.id": "bert", "caller": nil, "code": "not_found",
		}},
		"names the user": {"GET", authtest.User("anna", "shelf:read"), map[string]any{"http.response.status_code": 200.0, "user.id": "anna", "caller": nil}},
		"names the service that acts for a user": {"DELETE", authtest.User("anna").Through("cart").For("shelf"), map[string]any{
			"http.request.method": "DELETE", "user.id": "anna", "caller": "cart",
		}},
		"takes a service for no user": {"DELETE", authtest.Service("cart").For("shelf"), map[string]any{"user.id": nil, "caller": "cart"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := accessLine(t, tt.method, tt.claims)
			for key, want := range tt.want {
				if got[key] != want {
					t.Errorf("%s = %v, want %v", key, got[key], want)
				}
			}
		})
	}
}

func TestServer_accessLineWithoutSecretsOfThePath(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	c := api.Module("doors")
	open := api.Handler(c, "GET /doors/{token}", auth.Public("who has the token"), "Open a door")
	server := api.NewServer(c, api.ServerConfig{Observer: telemetry.Observer{Logger: telemetry.NewLogger(&out, "shop", telemetry.LogConfig{}, nil)}})
	api.Mount(&world{Server: server}, open, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("made up") }))
	server.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), "GET", "/doors/canary-7f3a", http.NoBody))
	if text := out.String(); strings.Contains(text, "canary") || strings.Count(text, `"url.path":"/doors/[redacted]"`) != 2 {
		t.Errorf("the access line and the report are\n%swant them with the path /doors/[redacted]", text)
	}
}

// What no route takes may be a secret's path with a slash too many, or with another method.
func TestServer_accessLineOfWhatNoRouteTakes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ method, path string }{{"GET", "/doors/canary-7f3a/"}, {"PUT", "/doors/canary-7f3a"}} {
		var out bytes.Buffer
		m := api.Module("doors")
		open := api.Handler(m, "GET /doors/{token}", auth.Public("who has the token"), "Open a door")
		server := api.NewServer(m, api.ServerConfig{Observer: telemetry.Observer{Logger: telemetry.NewLogger(&out, "shop", telemetry.LogConfig{}, nil)}})
		api.Mount(&world{Server: server}, open, http.NotFoundHandler())
		server.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), c.method, c.path, http.NoBody))
		if text := out.String(); strings.Contains(text, "canary") || !strings.Contains(text, `"url.path":"/doors/…"`) {
			t.Errorf("%s %s: the access line is\n%swant it with the path /doors/…", c.method, c.path, text)
		}
	}
}
