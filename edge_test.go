package slipway_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/config"
)

// forwardedBy returns the X-Forwarded-For that a module sees of a request which
// claims to come from 203.0.113.7.
func forwardedBy(t *testing.T, settings map[string]string) string {
	t.Helper()
	var seen string
	module := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen = r.Header.Get("X-Forwarded-For") }))
	t.Cleanup(module.Close)
	src := config.New(map[string]string{"SLIPWAY_MODULES": "edge", "SHELF_URL": module.URL, "DESK_URL": module.URL}).With(settings)
	app, err := slipway.NewWith(src, slipway.Overrides{Stdout: io.Discard}, library()...)
	if err != nil {
		t.Fatal(err)
	}
	if err := app.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	edge := httptest.NewServer(app.Handler())
	t.Cleanup(edge.Close)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, edge.URL+"/books/Emma", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Forwarded-For", "203.0.113.7")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("answer = %d, %v", resp.StatusCode, err)
	}
	return seen
}

func TestEdge_clientAddress(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		settings map[string]string
		want     string
	}{
		"is not what anybody claims":            {nil, "127.0.0.1"},
		"is not what a proxy elsewhere claims":  {map[string]string{"SLIPWAY_TRUSTED_PROXIES": "10.0.0.0/8"}, "127.0.0.1"},
		"is what a load balancer of ours tells": {map[string]string{"SLIPWAY_TRUSTED_PROXIES": "10.0.0.0/8,127.0.0.0/8"}, "203.0.113.7, 127.0.0.1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := forwardedBy(t, c.settings); got != c.want {
				t.Errorf("X-Forwarded-For = %q, want %q", got, c.want)
			}
		})
	}
}
