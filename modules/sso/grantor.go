package sso

import (
	"context"
	"slices"
	"strings"

	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/problem"
)

// A grantor changes what others may. Nobody gives or takes a permission that they lack
// themselves, or one who may name helpers could name themselves king. Whoever runs a
// command has the database anyway, and is bound by nothing.
type grantor struct {
	name    string // for the log
	scopes  []string
	unbound bool
}

var operator = grantor{name: "command line", unbound: true}

// grantorOf is the one who is asking. What counts is the token: a client with less than
// its user has cannot give the rest.
func grantorOf(ctx context.Context) grantor {
	p, ok := auth.PrincipalFrom(ctx)
	if !ok {
		return grantor{name: "nobody"}
	}
	return grantor{name: p.Subject, scopes: p.Scopes()}
}

// mayChange refuses when one of the permissions that change hands, or that a secret to be
// handed out opens the way to, is not the grantor's.
func (g grantor) mayChange(permissions []string) error {
	lacking := without(permissions, g.scopes)
	if g.unbound || len(lacking) == 0 {
		return nil
	}
	return problem.Forbidden("this changes who has %s, or gets at it, which you do not have yourself: ask somebody who has, or use the command line",
		strings.Join(lacking, ", ")).WithCode("permission_not_yours")
}

// without returns those of a that b does not have.
func without(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(s string) bool { return slices.Contains(b, s) })
}

// difference returns what one of the two has and the other has not.
func difference(a, b []string) []string { return append(without(a, b), without(b, a)...) }
