package auth

import (
	"slices"
	"time"
)

// Authorize decides whether the principal may use the route, or returns the
// problem to answer with: 401 when the token does not serve here, 403 when it
// does and its bearer still may not.
//
// The audience is what this module answers to: first its own name, then that
// of the edge. Give both for every route; a route of services only refuses the
// edge's tokens by itself. The permissions of a public route are not asked
// for, and p may be nil.
func (a Access) Authorize(p *Principal, audience []string, now time.Time) error {
	r := a.rule
	switch {
	case r == nil:
		return refuseUndeclared(a)
	case r.public:
		return nil
	case p == nil:
		return refuseMissing()
	}
	if err := r.addressed(p, audience); err != nil {
		return err
	}
	if err := r.admits(p, audience); err != nil {
		return err
	}
	if err := r.permits(p); err != nil {
		return err
	}
	return r.freshEnough(p, now)
}

// addressed refuses a token that was made for somebody else.
func (r *rule) addressed(p *Principal, audience []string) error {
	for _, name := range audience {
		if slices.Contains(p.Audience, name) {
			return nil
		}
	}
	return refuseAudience(audience)
}

// admits refuses the wrong kind of caller.
func (r *rule) admits(p *Principal, audience []string) error {
	if !r.servicesOnly() && !p.IsService() {
		return nil
	}
	caller := p.Service()
	if !slices.Contains(p.Audience, audience[0]) {
		caller = "" // whoever it is comes through the edge
	}
	if !r.admitsService(caller) {
		return refuseCaller(r, caller)
	}
	return nil
}

// permits refuses for the lack of a permission.
func (r *rule) permits(p *Principal) error {
	for _, need := range r.permissions {
		if !p.Has(need) {
			return refuseScope(r.missing(p))
		}
	}
	return nil
}

func (r *rule) missing(p *Principal) []Permission {
	return slices.DeleteFunc(slices.Clone(r.permissions), p.Has)
}

// freshEnough refuses a login that is too long ago, or none.
func (r *rule) freshEnough(p *Principal, now time.Time) error {
	if !r.freshSet {
		return nil
	}
	if p.AuthTime.IsZero() || now.Sub(p.AuthTime) > r.fresh {
		return refuseStale(r.fresh)
	}
	return nil
}
