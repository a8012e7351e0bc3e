package slipwaytest

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"testing"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/httpclient"
	"github.com/slipway-go/slipway/slipwaytest/internal/calltree"
)

// neighbours are what the modules of one test reach when they call each other:
// the test's replies, or else the module itself where it is in the world.
type neighbours struct {
	t        testing.TB
	verifier *auth.Verifier // of the kit's tokens
	hosted   []string       // the modules of the world
	mu       sync.Mutex
	routes   map[*api.Route]*stand
	latest   []*stand // those with a reply or faults, the latest first
}

func newNeighbours(t testing.TB, verifier *auth.Verifier, hosted []string) *neighbours {
	t.Helper()
	return &neighbours{t: t, verifier: verifier, hosted: hosted, routes: map[*api.Route]*stand{}}
}

// A stand answers for one route of the neighbour, or for one need of whoever is
// asked for it.
type stand struct {
	pattern func(neighbour string) string // "" when the neighbour does not have the route
	reply   reply                         // nil: whoever else serves the route
	faults  func(next reply) reply        // nil: none
}

// A reply is the way to what answers a caller's calls to a neighbour.
type reply func(caller, neighbour string) http.RoundTripper

// standFor returns the stand of an operation or a need.
func standFor[In, Out any](n *neighbours, op api.Callable[In, Out]) *stand {
	n.mu.Lock()
	defer n.mu.Unlock()
	route := api.RouteOf(op)
	if n.routes[route] == nil {
		_, isNeed := op.(*api.Need[In, Out])
		n.routes[route] = &stand{pattern: func(neighbour string) string {
			if !isNeed && neighbour != route.Contract().Name() {
				return ""
			}
			return api.PatternAt(op, neighbour)
		}}
	}
	return n.routes[route]
}

// set lets a route be answered from now on; the latest stands.
func (n *neighbours) set(s *stand, r reply) {
	n.mu.Lock()
	defer n.mu.Unlock()
	s.reply, s.faults = r, nil
	n.putFirst(s)
}

// disturb puts faults before what answers the route.
func (n *neighbours) disturb(s *stand, faults func(next reply) reply) {
	n.mu.Lock()
	defer n.mu.Unlock()
	s.faults = faults
	n.putFirst(s)
}

func (n *neighbours) putFirst(s *stand) {
	others := slices.DeleteFunc(n.latest, func(other *stand) bool { return other == s })
	n.latest = slices.Insert(others, 0, s)
}

// transport returns the way from one module to another.
func (n *neighbours) transport(caller, neighbour string, next http.RoundTripper) http.RoundTripper {
	if next == nil || !slices.Contains(n.hosted, neighbour) {
		next = n.elsewhere(caller, neighbour, next)
	}
	return httpclient.RoundTripperFunc(func(r *http.Request) (*http.Response, error) {
		return n.way(caller, neighbour, r, next).RoundTrip(r)
	})
}

func (n *neighbours) way(caller, neighbour string, r *http.Request, next http.RoundTripper) http.RoundTripper {
	n.mu.Lock()
	defer n.mu.Unlock()
	s := n.find(neighbour, r)
	if s == nil {
		return next
	}
	s.note(r.Context())
	answer := s.reply
	if answer == nil {
		answer = func(string, string) http.RoundTripper { return next }
	}
	if s.faults != nil {
		answer = s.faults(answer)
	}
	return answer(caller, neighbour)
}

// note tells whoever reads the tree of calls that what comes is not the module's.
func (s *stand) note(ctx context.Context) {
	if s.reply != nil {
		calltree.Note(ctx, "reply of the test")
	}
	if s.faults != nil {
		calltree.Note(ctx, "faults of the test")
	}
}

// find returns the stand that the request belongs to. A mux decides, as it does
// at the neighbour; of two stands with one pattern the latest has it.
func (n *neighbours) find(neighbour string, r *http.Request) *stand {
	mux, stands := http.NewServeMux(), map[string]*stand{}
	for _, s := range n.latest {
		pattern := s.pattern(neighbour)
		if pattern == "" || stands[pattern] != nil {
			continue
		}
		if !handles(mux, pattern) {
			n.failOverlap(neighbour, stands, pattern)
			continue
		}
		stands[pattern] = s
	}
	_, pattern := mux.Handler(r)
	return stands[pattern]
}

// handles adds a pattern, unless it overlaps with another: at that a mux panics.
func handles(mux *http.ServeMux, pattern string) (ok bool) {
	defer func() { ok = recover() == nil }()
	mux.Handle(pattern, http.NotFoundHandler())
	return true
}

// failOverlap names the pattern with which the other one overlaps.
func (n *neighbours) failOverlap(neighbour string, stands map[string]*stand, pattern string) {
	n.t.Helper()
	for _, other := range slices.Sorted(maps.Keys(stands)) {
		mux := http.NewServeMux()
		if handles(mux, other) && !handles(mux, pattern) {
			n.t.Errorf("the test replies to %s and to %s of %s, and one request may be both, so no server can have the two: give one of the routes another path", other, pattern, neighbour)
			return
		}
	}
}

// elsewhere is the way to a neighbour that is not in the world: on this machine,
// when a setting says so, and nowhere otherwise.
func (n *neighbours) elsewhere(caller, neighbour string, next http.RoundTripper) http.RoundTripper {
	return httpclient.RoundTripperFunc(func(r *http.Request) (*http.Response, error) {
		if next != nil && isLoopback(r.URL) {
			return next.RoundTrip(r)
		}
		n.t.Errorf("%s called %s %s of %s, for which the test has no reply: add slipwaytest.Reply(k, …) with the operation, or give the world the module %s",
			caller, r.Method, r.URL.Path, neighbour, neighbour)
		return nil, fmt.Errorf("no reply for %s %s of %s", r.Method, r.URL.Path, neighbour)
	})
}
