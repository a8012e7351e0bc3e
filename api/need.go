package api

import (
	"fmt"
	"slices"

	"github.com/slipway-go/slipway/auth"
)

// A Need is an operation that a module needs from a neighbour which only the
// product knows. The needing module declares it, a module of the product
// serves it by [Serve], and a setting names that module.
type Need[In, Out any] struct {
	*Operation[In, Out]
}

// Needs declares what module c needs. The pattern is a method and a path, such
// as "POST /quotes". The access says who may call the route; it names at least
// the needing module: auth.Services("cart").
func Needs[In, Out any](c *Contract, pattern string, access auth.Access, doc string) *Need[In, Out] {
	method, path := splitPattern(pattern)
	op := define[In, Out](c, method, path, access, doc)
	if err := op.check(); err != nil {
		c.fail(err)
	}
	if !access.ServicesOnly() || !slices.Contains(access.AllowedServices(), c.name) {
		c.fail(fmt.Errorf("%s: the need %s must be for services only and name the module that has it: auth.Services(%q)", c.name, pattern, c.name))
	}
	op.needed = true
	c.needs = append(c.needs, op.Route)
	return &Need[In, Out]{op}
}

// Serve declares that module c serves a neighbour's need. The route's path
// becomes /internal/<module>/…, so two needs never meet on one path and a
// firewall can tell what is not for the outside.
func Serve[In, Out any](c *Contract, n *Need[In, Out]) *Operation[In, Out] {
	op := define[In, Out](c, n.method, internalPath(c.name, n.path), n.access, n.doc)
	op.need, op.status, op.maxBody, op.timeout = n.Route, n.status, n.maxBody, n.timeout
	c.add(op.Route)
	return op
}

func internalPath(module, path string) string { return "/internal/" + module + path }

// patternBelow returns the route's pattern with a prefix before its path.
func (r *Route) patternBelow(prefix string) string {
	if prefix == "" {
		return r.pattern
	}
	return r.method + " " + prefix + r.path
}
