package fuzz

import "github.com/slipway-go/slipway/slipwaytest/internal/requests"

// mostShrinks bounds what a finding costs: each step is a request.
const mostShrinks = 200

// shrink looks for the smallest request whose answer is wrong in the same way.
// rapid would shrink the bits that a request was drawn from; a request that is
// known as a tree is made smaller by taking things out of it.
func (r *run) shrink(q *requests.Request, a answer, f Finding) (*requests.Request, answer, Finding) {
	left := mostShrinks
	for {
		smaller, b, g := r.smaller(q, f.kind, &left)
		if smaller == nil {
			return q, a, f
		}
		q, a, f = smaller, b, g
	}
}

// smaller returns the first simpler request with the same finding, or nil.
func (r *run) smaller(q *requests.Request, kind string, left *int) (*requests.Request, answer, Finding) {
	for candidate := range requests.Smaller(q) {
		if *left == 0 {
			break
		}
		*left--
		if a, f := r.ask(candidate); f != nil && f.kind == kind {
			return candidate, a, *f
		}
	}
	return nil, answer{}, Finding{}
}
