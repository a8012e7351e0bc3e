package slipwaytest

import (
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/slipwaytest/internal/fuzz"
)

// proveFuzz sends each route what its schema admits and what it does not. The
// requests are the same in every run, unless SLIPWAY_FUZZ_SEED and
// SLIPWAY_FUZZ_CASES ask for others and more.
func (u *universal) proveFuzz(t *testing.T) {
	cfg := fuzz.Config{Cases: fuzzNumber(t, "SLIPWAY_FUZZ_CASES"), Seed: fuzzNumber(t, "SLIPWAY_FUZZ_SEED")}
	for _, r := range u.module.Contract().Routes() {
		t.Run(r.Pattern(), func(t *testing.T) {
			send, object := u.fuzzed(t, r)
			cfg := cfg
			cfg.Path = object
			for _, f := range fuzz.Run(t.Context(), r, send, cfg) {
				t.Error(f)
			}
			t.Run("survives bodies that are not what their type says", func(t *testing.T) { u.proveBodies(t, r) })
		})
	}
	t.Run("the kit's own pages survive such bodies", u.proveInspectedBodies)
}

// fuzzed sends requests as somebody whom the route admits, all in one world, and
// names an object there that is theirs by the parameters of its path.
func (u *universal) fuzzed(t *testing.T, r *api.Route) (send fuzz.Send, object map[string]string) {
	t.Helper()
	k := u.world(t)
	example, owner := u.request(k, r)
	if u.examples[r] != nil {
		object = pathValues(r, example)
	}
	s := &sweep{kit: k, route: r, owner: owner}
	return func(request *http.Request) (int, http.Header, []byte) {
		s.request = request
		if r.Access().IsPublic() {
			return s.send(func(*http.Request) {})
		}
		return s.send(s.as(s.claims(owner)))
	}, object
}

// pathValues reads the parameters out of a request's path, as the router does.
func pathValues(r *api.Route, request *http.Request) map[string]string {
	values := map[string]string{}
	mux := http.NewServeMux()
	mux.HandleFunc(r.Pattern(), func(_ http.ResponseWriter, got *http.Request) {
		for _, name := range placeholder.FindAllString(r.Path(), -1) {
			name = strings.TrimSuffix(strings.Trim(name, "{}"), "...")
			values[name] = got.PathValue(name)
		}
	})
	mux.ServeHTTP(httptest.NewRecorder(), again(request.Context(), request))
	return values
}

func fuzzNumber(t *testing.T, variable string) int {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		t.Fatalf("%s=%s: expected a whole number such as 1000", variable, text)
	}
	return n
}
