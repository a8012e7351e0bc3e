package grant

import (
	"slices"
	"strings"
)

// The scopes of OpenID Connect; every other one is the name of a permission.
const (
	scopeOpenID  = "openid"
	scopeProfile = "profile"
	scopeEmail   = "email"
	scopePhone   = "phone"
	scopeOffline = "offline_access"
)

var identityScopes = []string{scopeOpenID, scopeProfile, scopeEmail, scopePhone, scopeOffline}

// IdentityScopes returns the scopes that are no permissions.
func IdentityScopes() []string { return slices.Clone(identityScopes) }

func isIdentity(scope string) bool { return slices.Contains(identityScopes, scope) }

// narrow returns the scopes that were asked for, or all that are available when
// none were. Asking for more than there is, is refused: a client that gets
// less than it asked for fails later and tells nobody why.
func narrow(requested string, available []string) ([]string, error) {
	if requested == "" {
		return available, nil
	}
	asked := words(requested)
	for _, scope := range asked {
		if !slices.Contains(available, scope) {
			return nil, beyond(scope, available)
		}
	}
	return asked, nil
}

func words(scope string) []string {
	all := strings.Fields(scope)
	slices.Sort(all)
	return slices.Compact(all)
}

func beyond(scope string, available []string) error {
	return refuse("invalid_scope", "the scope %.64q cannot be granted here; available: %s", scope, strings.Join(available, " "))
}

// intersect returns what both have, in the order of a.
func intersect(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(s string) bool { return !slices.Contains(b, s) })
}

// grantable returns what the client asks for as a session keeps it. Without any
// permission among it, it has all that the client may have.
func (c Client) grantable(requested string) ([]string, error) {
	asked := words(requested)
	for _, scope := range asked {
		if !c.mayHave(scope) {
			return nil, beyond(scope, c.Scopes)
		}
	}
	if !slices.ContainsFunc(asked, isPermission) {
		asked = append(asked, c.Permissions()...)
	}
	return asked, nil
}

func isPermission(scope string) bool { return !isIdentity(scope) }

func (c Client) mayHave(scope string) bool {
	return slices.Contains(c.Scopes, scope) || isPermission(scope) && slices.Contains(c.Scopes, EveryPermission)
}

// Permissions returns those of the client's scopes that are permissions.
func (c Client) Permissions() []string {
	return slices.DeleteFunc(slices.Clone(c.Scopes), isIdentity)
}

// granted returns what a session's scope comes to now, of the permissions that its
// user has. What a user lacks, a client does not get and is told so by the answer's
// scope: it cannot know beforehand who will log in.
func (c Client) granted(scope, permissions []string) []string {
	all := slices.DeleteFunc(slices.Clone(scope), isPermission)
	for _, p := range permissions {
		if slices.Contains(scope, p) || slices.Contains(scope, EveryPermission) {
			all = append(all, p)
		}
	}
	return slices.DeleteFunc(all, func(s string) bool { return !c.mayHave(s) })
}
