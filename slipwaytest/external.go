package slipwaytest

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/slipway-go/slipway/httpclient"
)

// External answers for a host outside of the product, which a module calls by
// [slipway.Setup.Outside]. The origin is a scheme and a host, such as
// "https://api.acquirer.test". Faults are met in order, one a call, as with
// [Fail]. The latest External of an origin stands.
//
//	slipwaytest.External(k, "https://api.acquirer.test", acquirer, slipwaytest.Reset, slipwaytest.Recovered)
//
// Hosts of this machine are reached without it; a call to any other fails the
// test.
func External(k *Kit, origin string, h http.Handler, faults ...Fault) {
	k.t.Helper()
	if k.externals == nil {
		k.t.Fatalf("External(%q) in a deployment, whose processes are not this one: give the module the address of an httptest.Server by its setting, or use slipwaytest.Tx", origin)
	}
	key, err := parseOrigin(origin)
	if err != nil {
		k.t.Fatalf("External(%q): %v", origin, err)
	}
	if len(faults) == 0 {
		faults = []Fault{Recovered}
	}
	q := &queue{faults: faults}
	answer := local(k.t, h)
	k.externals.set(key, httpclient.RoundTripperFunc(func(r *http.Request) (*http.Response, error) {
		return q.take()(answer).RoundTrip(r)
	}))
}

func parseOrigin(s string) (string, error) {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || strings.TrimSuffix(u.Path, "/") != "" || u.User != nil || u.RawQuery != "" {
		return "", errors.New("expected a scheme and a host and nothing else, such as https://api.acquirer.test")
	}
	return originOf(u), nil
}

// originOf returns scheme, host and port, the port also where it is the usual one.
func originOf(u *url.URL) string {
	usual := map[string]string{"http": "80", "https": "443"}
	return u.Scheme + "://" + strings.ToLower(u.Hostname()) + ":" + cmp.Or(u.Port(), usual[u.Scheme])
}

// externals are the hosts for which one test answers.
type externals struct {
	t  testing.TB
	mu sync.Mutex
	by map[string]http.RoundTripper // by origin
}

func newExternals(t testing.TB) *externals {
	t.Helper()
	return &externals{t: t, by: map[string]http.RoundTripper{}}
}

func (e *externals) set(origin string, answer http.RoundTripper) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.by[origin] = answer
}

func (e *externals) answer(u *url.URL) http.RoundTripper {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.by[originOf(u)]
}

// transport returns the way from a module to the host that it calls by name.
func (e *externals) transport(module, name string, next http.RoundTripper) http.RoundTripper {
	return httpclient.RoundTripperFunc(func(r *http.Request) (*http.Response, error) {
		if answer := e.answer(r.URL); answer != nil {
			named := r.WithContext(r.Context())
			named.Host = cmp.Or(r.Host, r.URL.Host)
			return answer.RoundTrip(named)
		}
		if isLoopback(r.URL) {
			return next.RoundTrip(r)
		}
		e.t.Errorf("%s called %s (Outside %q): %s", module, target(r), name, stays(r))
		return nil, errEgress
	})
}
