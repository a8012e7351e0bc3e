package slipwaytest

import (
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/slipway-go/slipway"
)

// Refused returns the kit of the same caller with a token that is wrong in one
// way: "15 expired". Everything else about the token is right. The names are
// those of [authtest.Issuer.Refusals]; a name that is none lists them all.
//
//	slipwaytest.Do(k.As("customer").Refused("15 expired"), cartapi.Get, in).Want(401)
func (k *Kit) Refused(name string) *Kit {
	k.t.Helper()
	if k.sso == nil {
		k.t.Fatalf("Refused(%q): the product's own SSO signs the tokens of this world, and it makes none that are wrong; use a world without the module sso", name)
	}
	if k.claims == nil {
		k.t.Fatalf("Refused(%q): an anonymous caller has no token that could be wrong; begin with As, User or Service", name)
	}
	refusals := k.issuer().Refusals(*k.claims)
	var names []string
	for _, r := range refusals {
		if r.String() == name {
			refused := *k
			refused.token, refused.present = "", r.Request
			refused.caller = fmt.Sprintf("%s, refused for %q", k.caller, name)
			return &refused
		}
		names = append(names, r.String())
	}
	k.t.Fatalf("Refused(%q): there is no such refusal; there are:\n  %s", name, strings.Join(names, "\n  "))
	return nil
}

// EndSession ends the caller's session, as a logout does. The product refuses its
// tokens within five seconds; let them pass in a [Bubble].
func (k *Kit) EndSession() {
	k.t.Helper()
	if k.claims == nil || k.claims.Session == "" {
		k.t.Fatalf("EndSession: %s has no session of the kit's; begin with As or User, in a world without the module sso", k.caller)
	}
	k.issuer().EndSession(k.claims.Session)
}

// permissionsOf returns what the contracts grant to the roles, and fails the test
// for a role that has nothing anywhere: a 403 that it gets would prove nothing.
func (k *Kit) permissionsOf(roles []string) []string {
	k.t.Helper()
	granted := map[string][]string{}
	for _, m := range k.modules {
		for _, p := range m.Contract().Permissions() {
			for _, role := range p.Roles() {
				granted[role] = append(granted[role], p.Name())
			}
		}
	}
	var names []string
	for _, role := range roles {
		if granted[role] == nil {
			k.t.Fatalf("As(%q): no module of this world grants anything to that role; the roles are: %s", role, list(slices.Sorted(maps.Keys(granted))))
		}
		names = append(names, granted[role]...)
	}
	return names
}

// checkRegistered fails the test for a role that a new user of the product's SSO
// does not get: its permissions are those of another.
func (k *Kit) checkRegistered(role, token string) {
	k.t.Helper()
	var payload struct {
		Scope string `json:"scope"`
	}
	parts := strings.Split(token, ".")
	raw, err := base64.RawURLEncoding.DecodeString(parts[min(1, len(parts)-1)])
	if err != nil {
		k.t.Fatalf("the access token of a login is no JSON Web Token: %v", err)
	}
	decodeInto(k.t, raw, &payload)
	got, want := strings.Fields(payload.Scope), k.permissionsOf([]string{role})
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, slices.Compact(want)) {
		k.t.Fatalf("As(%q): the product's own SSO gives a new user %s, and not what that role has: %s; SSO_DEFAULT_ROLE names the role of a new account",
			role, list(got), list(want))
	}
}

// checkPermissions fails the test for a permission that its module does not know.
// Those of modules outside of the world are taken as they are.
func (k *Kit) checkPermissions(names []string) {
	k.t.Helper()
	for _, name := range names {
		owner, _, _ := strings.Cut(name, ":")
		m, ok := k.module(owner)
		if !ok {
			continue
		}
		var known []string
		for _, p := range m.Contract().Permissions() {
			known = append(known, p.Name())
		}
		if !slices.Contains(known, name) {
			k.t.Fatalf("permission %q: no route of module %s asks for it; its permissions are: %s", name, owner, list(known))
		}
	}
}

func (k *Kit) module(name string) (slipway.Module, bool) {
	i := slices.IndexFunc(k.modules, func(m slipway.Module) bool { return m.Name() == name })
	if i < 0 {
		return slipway.Module{}, false
	}
	return k.modules[i], true
}

// checkAudience fails the test for a module that is not there: nobody would
// believe the token, whatever the route.
func (k *Kit) checkAudience(name string) {
	k.t.Helper()
	if _, ok := k.module(name); !ok {
		k.t.Fatalf("Service for %q: this world has no such module; it has: %s", name, list(names(k.modules)))
	}
}

func list(words []string) string {
	if len(words) == 0 {
		return "none"
	}
	return strings.Join(words, ", ")
}
