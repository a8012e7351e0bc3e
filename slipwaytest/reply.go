package slipwaytest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/httpclient"
	"github.com/slipway-go/slipway/problem"
)

// replies are what neighbours answer in one test.
type replies struct {
	t  testing.TB
	mu sync.Mutex
	by map[string]neighbour // by module
}

func newReplies(t testing.TB) *replies {
	t.Helper()
	return &replies{t: t, by: map[string]neighbour{}}
}

// A neighbour is a module that the test answers for: handlers by the patterns of
// its contract's routes.
type neighbour map[string]http.HandlerFunc

// A Fault is how a neighbour fails.
type Fault func(http.ResponseWriter, *http.Request)

// Reply lets the neighbour that serves op answer with body, in the status that
// the contract names. The neighbour is the contract's module, or for a need the
// module that the settings name.
func Reply[In, Out any](k *Kit, neighbour string, op api.Callable[In, Out], body Out) *Received[In] {
	k.t.Helper()
	route := api.RouteOf(op)
	b, err := json.Marshal(body)
	if err == nil {
		err = api.ValidateOutput(op, b)
	}
	if err != nil {
		k.t.Fatalf("the reply does not fit the contract of %s: %v", route.Pattern(), err)
	}
	return reply(k, neighbour, op, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(route.Status())
		_, _ = w.Write(b)
	})
}

// Refuse lets the neighbour answer with a problem.
func Refuse[In, Out any](k *Kit, neighbour string, op api.Callable[In, Out], p *problem.Error) *Received[In] {
	k.t.Helper()
	return reply(k, neighbour, op, func(w http.ResponseWriter, _ *http.Request) { problem.Write(w, p, "") })
}

// Fail lets the neighbour fail.
func Fail[In, Out any](k *Kit, neighbour string, op api.Callable[In, Out], f Fault) *Received[In] {
	k.t.Helper()
	return reply(k, neighbour, op, http.HandlerFunc(f))
}

// Garbage is an answer that nobody understands.
func Garbage(w http.ResponseWriter, _ *http.Request) {
	_, _ = w.Write([]byte("<html>not what you think"))
}

// Hang answers when the caller has given up.
func Hang(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

// Received are the bodies that a neighbour was sent.
type Received[In any] struct {
	mu     sync.Mutex
	bodies [][]byte
}

// Bodies returns the bodies, in order.
func (r *Received[In]) Bodies() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := make([]string, len(r.bodies))
	for i, b := range r.bodies {
		all[i] = string(b)
	}
	return all
}

func reply[In, Out any](k *Kit, module string, op api.Callable[In, Out], h http.HandlerFunc) *Received[In] {
	k.t.Helper()
	got := &Received[In]{}
	k.replies.add(module, api.PatternAt(op, module), func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body) // it comes from memory
		got.mu.Lock()
		got.bodies = append(got.bodies, b)
		got.mu.Unlock()
		h(w, r)
	})
	return got
}

// add sets the answer of a route; the latest stands.
func (r *replies) add(module, pattern string, h http.HandlerFunc) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.by[module] == nil {
		r.by[module] = neighbour{}
	}
	r.by[module][pattern] = h
}

// transport returns the way from one module to another: to the test's answers
// where there are any or where the neighbour does not run here, or else on.
func (r *replies) transport(from, to string, next http.RoundTripper) http.RoundTripper {
	return httpclient.RoundTripperFunc(func(req *http.Request) (*http.Response, error) {
		mux := r.mux(to)
		if _, pattern := mux.Handler(req); pattern != "" {
			return serve(mux, req)
		}
		if next != nil {
			return next.RoundTrip(req)
		}
		r.t.Errorf("%s called %s %s of %s, for which the test has no reply: add slipwaytest.Reply(k, %q, …)", from, req.Method, req.URL.Path, to, to)
		return nil, fmt.Errorf("no reply for %s %s", req.Method, req.URL.Path)
	})
}

func (r *replies) mux(module string) *http.ServeMux {
	r.mu.Lock()
	defer r.mu.Unlock()
	mux := http.NewServeMux()
	for pattern, h := range r.by[module] {
		mux.HandleFunc(pattern, h)
	}
	return mux
}

func serve(h http.Handler, r *http.Request) (*http.Response, error) {
	done := make(chan *http.Response, 1)
	go func() {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		done <- w.Result()
	}()
	select {
	case resp := <-done:
		return resp, nil
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}
