package auth

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// A Permission is one thing that a principal may do, as "cart:read". A module
// declares its permissions once, as values in its contract package; tokens
// carry their names in the scope claim. Permissions are comparable.
type Permission struct {
	name, doc string
	roles     string // joined by spaces, so that permissions stay comparable
}

// Perm declares a permission. The doc is read by people: by whoever is refused
// for the lack of it and by whoever grants it.
//
//	var Read = auth.Perm("cart:read", "See your cart").GrantTo("customer")
//
// A malformed name is reported by Valid, and so by the start of the process.
func Perm(name, doc string) Permission {
	return Permission{name: name, doc: doc}
}

// GrantTo names the roles that have this permission by default.
func (p Permission) GrantTo(roles ...string) Permission {
	all := slices.Concat(p.Roles(), roles)
	slices.Sort(all)
	p.roles = strings.Join(slices.Compact(all), " ")
	return p
}

// Name returns the permission's name, as a token's scope claim carries it.
func (p Permission) Name() string { return p.name }

// Doc returns what the permission allows, in words for people.
func (p Permission) Doc() string { return p.doc }

// Roles returns the roles that have the permission by default, sorted.
func (p Permission) Roles() []string { return strings.Fields(p.roles) }

// String returns the name.
func (p Permission) String() string { return p.name }

var permissionName = regexp.MustCompile(`^[a-z][a-z0-9_-]*(:[a-z][a-z0-9_-]*)+$`)

// maxPermissionName bounds what every token of every user has to carry.
const maxPermissionName = 64

// Valid tells what is wrong with the declaration, or nil.
func (p Permission) Valid() error {
	switch {
	case len(p.name) > maxPermissionName:
		return fmt.Errorf("permission %q has %d letters: use at most %d", p.name, len(p.name), maxPermissionName)
	case !permissionName.MatchString(p.name):
		return fmt.Errorf(`permission %q is malformed: write module and deed in lower case, like "cart:read"`, p.name)
	case strings.TrimSpace(p.doc) == "":
		return fmt.Errorf("permission %q has no doc: say what it allows, for the people who grant it", p.name)
	}
	return nil
}
