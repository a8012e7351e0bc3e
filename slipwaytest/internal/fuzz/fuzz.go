package fuzz

import (
	"context"
	"fmt"
	"maps"
	"net/http"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/slipwaytest/internal/requests"
)

// Send sends a request as a caller whom the route admits and returns the answer.
type Send func(*http.Request) (status int, header http.Header, body []byte)

// Config says how much is tried.
type Config struct {
	// Cases is the number of requests that fit; each is followed by one that does
	// not. Default: 100.
	Cases int
	// Path has the values of the path's parameters for an object that there is:
	// every second request asks for it, or none would get further than 404.
	Path map[string]string
	// Seed begins another series of requests. Default: 0, the same in every run.
	Seed int
}

const (
	defaultCases = 100
	// base is the address of every request; Send knows where the server is.
	base = "http://kit"
	// enough findings of one route are more than anybody reads at once.
	enough = 5
)

// Run tries a route and returns what is wrong with it.
func Run(ctx context.Context, route *api.Route, send Send, cfg Config) []Finding {
	shape, err := route.Shape()
	if err != nil {
		return []Finding{{Route: route.Pattern(), Reason: err.Error(), Remedy: "mend the types of the route's input and output"}}
	}
	if cfg.Cases == 0 {
		cfg.Cases = defaultCases
	}
	if shape.Untyped {
		cfg.Cases = 1
	}
	r := &run{ctx: ctx, shape: shape, send: send, cfg: cfg, known: map[string]bool{}}
	r.all()
	return r.findings
}

// A run is what happens to one route.
type run struct {
	ctx      context.Context // of one call
	shape    *api.Shape
	send     Send
	cfg      Config
	findings []Finding
	known    map[string]bool // kinds of findings, of which one is enough
	sent     int
	passed   bool // somebody got further than 401 and 403
}

func (r *run) all() {
	const series = 1_000_003 // requests of one seed are not those of the next
	for n := range r.cfg.Cases {
		valid, err := r.valid(n, n+r.cfg.Seed*series)
		if err != nil {
			r.cannot(err)
			return
		}
		r.try(valid)
		if mutated := requests.Mutated(valid, n); mutated != nil {
			r.try(mutated)
		}
		if len(r.findings) >= enough {
			return
		}
	}
	if !r.passed && !r.shape.Untyped && len(r.findings) == 0 {
		r.report("", Finding{
			Reason: "every request was answered 401 or 403, so nothing of the route was tried",
			Remedy: "send as a caller whom the route admits: " + r.shape.Route.Access().String(),
		})
	}
}

// valid is the plain request first: of all findings it makes the smallest.
func (r *run) valid(n, seed int) (*requests.Request, error) {
	if n == 0 {
		return requests.Plain(r.shape)
	}
	q, err := requests.Valid(r.shape, seed)
	if err == nil && n%2 == 1 {
		maps.Copy(q.Path, r.cfg.Path)
	}
	return q, err
}

func (r *run) cannot(err error) {
	r.report("", Finding{Reason: fmt.Sprintf("no request can be made that fits: %v", err), Remedy: "mend the contract as it says"})
}

// try sends a request; what is wrong with the answer is reported for the smallest
// request that gets the same.
func (r *run) try(q *requests.Request) {
	a, f := r.ask(q)
	if a.status != http.StatusUnauthorized && a.status != http.StatusForbidden {
		r.passed = true
	}
	if f == nil || r.known[f.kind] {
		return
	}
	small, a, found := r.shrink(q, a, *f)
	found.Request, found.Answer = small.Curl(), a.String()
	r.report(found.kind, found)
}

func (r *run) report(kind string, f Finding) {
	f.Route = r.shape.Route.Pattern()
	r.known[kind] = true
	r.findings = append(r.findings, f)
}

// ask sends a request and judges the answer.
func (r *run) ask(q *requests.Request) (answer, *Finding) {
	req, err := q.HTTP(r.ctx, base)
	if err != nil {
		return answer{}, &Finding{kind: "unsendable", Reason: err.Error(), Remedy: "tell the kit's authors: the request was made by them"}
	}
	r.sent++
	if r.keyed(q, req) {
		req.Header.Set(api.IdempotencyHeader, fmt.Sprintf("fuzz-%d-%d", r.cfg.Seed, r.sent))
	}
	var a answer
	a.status, a.header, a.body = r.send(req)
	if q.Mutation != nil {
		return a, judgeMutated(r.shape, q.Mutation, a)
	}
	return a, judgeValid(r.shape, a)
}

// keyed reports a request that needs a key of its own: what was sent before must
// not answer.
func (r *run) keyed(q *requests.Request, req *http.Request) bool {
	return r.shape.Route.IsIdempotent() && req.Header.Get(api.IdempotencyHeader) != "" &&
		(q.Mutation == nil || q.Mutation.Location != "header."+api.IdempotencyHeader)
}
