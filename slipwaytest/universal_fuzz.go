package slipwaytest

import (
	"net/http"
	"os"
	"strconv"
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
			for _, f := range fuzz.Run(t.Context(), r, u.fuzzed(t, r), cfg) {
				t.Error(f)
			}
		})
	}
}

// fuzzed sends requests as somebody whom the route admits, all in one world.
func (u *universal) fuzzed(t *testing.T, r *api.Route) fuzz.Send {
	t.Helper()
	k := u.world(t)
	_, owner := u.request(k, r)
	s := &sweep{kit: k, route: r, owner: owner}
	return func(request *http.Request) (int, http.Header, []byte) {
		s.request = request
		if r.Access().IsPublic() {
			return s.send(func(*http.Request) {})
		}
		return s.send(s.as(s.claims(owner)))
	}
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
