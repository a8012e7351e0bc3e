package auth

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/slipway-go/slipway/internal/onbehalf"
)

// A Guard goes along with one request: it knows who asks under which access,
// and remembers whether ownership was checked.
type Guard struct {
	principal *Principal
	access    Access
	owned     atomic.Bool
}

type guardKey struct{}

// A guardContext holds guard and principal in one allocation.
type guardContext struct {
	context.Context
	guard Guard
}

func (c *guardContext) Value(key any) any {
	switch key {
	case guardKey{}:
		return &c.guard
	case onbehalf.Key{}:
		return c.guard.principal // nil hides a principal further out
	}
	return c.Context.Value(key)
}

// NewGuard returns a context for the handler of a route with this access. The
// principal, nil on a public route, is found there by [PrincipalFrom].
func NewGuard(ctx context.Context, p *Principal, access Access) (context.Context, *Guard) {
	c := &guardContext{Context: ctx}
	c.guard.principal, c.guard.access = p, access
	return c, &c.guard
}

// OwnChecked reports whether [Own] has agreed at least once. A success of an
// Owner route without it is a mistake of the handler.
func (g *Guard) OwnChecked() bool { return g.owned.Load() }

// Own reports whether whoever asks may touch an object of this owner: nil when
// the owner is the principal's subject, or when the principal is a service on
// its own that the route's access names; otherwise a problem.NotFound, so that
// nobody learns of other people's objects.
func Own(ctx context.Context, owner string) error {
	g, ok := ctx.Value(guardKey{}).(*Guard)
	if !ok {
		return fmt.Errorf("auth.Own(%q) outside a request: pass the context that the handler was given (a job has no user to check)", owner)
	}
	if !g.allows(owner) {
		return refuseOwner()
	}
	g.owned.Store(true)
	return nil
}

func (g *Guard) allows(owner string) bool {
	p := g.principal
	switch {
	case p == nil || g.access.rule == nil || owner == "":
		return false
	case p.IsService():
		return g.access.rule.admitsService(p.Subject)
	}
	return p.Subject == owner
}
