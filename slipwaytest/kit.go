package slipwaytest

import (
	"net/http"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/auth/authtest"
	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/slipwaytest/internal/calltree"
)

// A Kit is a test's own world, seen by one caller. [Kit.As], [Kit.User] and
// [Kit.Service] return the same world seen by another.
type Kit struct {
	*world
	t       testing.TB
	token   string
	subject string
	caller  string              // in words
	claims  *authtest.Claims    // of the token; nil without one of the kit's
	present func(*http.Request) // a token that is wrong
	budget  *budget             // nil: none
}

// world is what the kits of one test share.
type world struct {
	modules    []slipway.Module
	transport  http.RoundTripper // to the product's edge, or straight into the process
	base       string
	sso        *testSSO          // nil where the product's own SSO is under test
	neighbours *neighbours       // nil in a deployment
	externals  *externals        // likewise
	services   *slipway.Services // nil in Tx
	deaths     deaths            // of the processes of a deployment
	app        *slipway.App      // nil in a deployment, as are the next three
	settings   *config.Source
	log        *logBuffer
	databases  map[string]*postgres.DB
	blobs      func() string // the directory of the modules' objects, made when it is asked for
	quiet      bool          // a failure does not print the log
	signUp     func(k *Kit) (subject, token string)
	// tracer learns of every statement of the modules in Tx and Commit; nil is nobody.
	// It may be a pgx.BatchTracer as well.
	tracer pgx.QueryTracer
	// happened is the tree of what happened; nil in a deployment.
	happened *calltree.Recorder
	carrier  *carrier   // of events and jobs; nil in a deployment
	shared   sharedName // of its golden files
}

// As returns the kit of a new user who has the roles, with the permissions that
// the modules' contracts grant to them. A role to which nothing is granted fails
// the test. Where the product's own SSO is in the world, the user registers
// there and has the one role that registration gives; any other fails the test.
func (k *Kit) As(roles ...string) *Kit {
	k.t.Helper()
	if k.signUp != nil {
		if len(roles) != 1 {
			k.t.Fatalf("As(%q): where the module sso is under test a new user has the one role that registration gives", roles)
		}
		subject, token := k.signUp(k)
		k.checkRegistered(roles[0], token)
		return k.with(subject, token, inRoles(subject, roles), nil)
	}
	user := k.User(uuid.NewString(), k.permissionsOf(roles)...)
	user.caller = inRoles(user.subject, roles)
	return user
}

// User returns the kit of a user who has the permissions. One that its module
// does not know fails the test.
func (k *Kit) User(id string, permissions ...string) *Kit {
	k.t.Helper()
	k.checkPermissions(permissions)
	return k.Claims(authtest.User(id, permissions...))
}

// Service returns the kit of a service on its own, calling the module audience.
func (k *Kit) Service(name, audience string, permissions ...string) *Kit {
	k.t.Helper()
	k.checkAudience(audience)
	k.checkPermissions(permissions)
	return k.Claims(authtest.Service(name, permissions...).For(audience))
}

// Claims returns the kit of whoever the claims describe, right or wrong.
func (k *Kit) Claims(c authtest.Claims) *Kit {
	k.t.Helper()
	return k.with(c.Subject, k.issuer().Mint(c), inWords(c), &c)
}

// Anonymous returns the kit of a caller without a token.
func (k *Kit) Anonymous() *Kit { return k.with("", "", anonymous, nil) }

// with returns the same world, and the same budget, seen by another.
func (k *Kit) with(subject, token, caller string, claims *authtest.Claims) *Kit {
	c := *k
	c.subject, c.token, c.caller, c.claims, c.present = subject, token, caller, claims, nil
	return &c
}

// In returns the same kit inside a subtest, which then is the one that fails.
func (k *Kit) In(t testing.TB) *Kit {
	t.Helper()
	inside := *k
	inside.t = t
	return &inside
}

// Subject returns the user's or the service's identifier.
func (k *Kit) Subject() string { return k.subject }

// Token returns the caller's access token.
func (k *Kit) Token() string { return k.token }

func (k *Kit) issuer() *authtest.Issuer {
	k.t.Helper()
	if k.sso == nil {
		k.t.Fatal("the module sso is under test and signs its own tokens; use As")
	}
	return k.sso.issuer
}
