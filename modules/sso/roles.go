package sso

import (
	"cmp"
	"log/slog"
	"maps"
	"slices"
	"strings"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
)

// roles are what the modules declare: every permission, and the roles that have it by
// default.
type roles struct {
	defaults    map[string][]string // role → names of permissions, sorted
	permissions map[string]declaredPermission
}

type declaredPermission struct {
	auth.Permission

	module string
}

func rolesOf(contracts []*api.Contract) roles {
	r := roles{defaults: map[string][]string{}, permissions: map[string]declaredPermission{}}
	for _, c := range contracts {
		for _, p := range c.Permissions() {
			// A module may ask for the permission of another, whose it stays.
			if _, known := r.permissions[p.Name()]; !known || strings.HasPrefix(p.Name(), c.Name()+":") {
				r.permissions[p.Name()] = declaredPermission{p, c.Name()}
			}
			for _, role := range p.Roles() {
				r.defaults[role] = append(r.defaults[role], p.Name())
			}
		}
	}
	for role, names := range r.defaults {
		slices.Sort(names)
		r.defaults[role] = slices.Compact(names)
	}
	return r
}

// changes are what roles permit beside their defaults (true) or no longer (false): role →
// permission.
type changes map[string]map[string]bool

func (c changes) add(role, permission string, granted bool) {
	if c[role] == nil {
		c[role] = map[string]bool{}
	}
	c[role][permission] = granted
}

// of returns what all the roles together permit, sorted. A permission that no module
// declares any more is none.
func (r roles) of(names []string, changed changes) []string {
	all := map[string]bool{}
	for _, role := range names {
		for _, p := range r.defaults[role] {
			if granted, ok := changed[role][p]; granted || !ok {
				all[p] = true
			}
		}
		for p, granted := range changed[role] {
			if _, known := r.permissions[p]; granted && known {
				all[p] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// change returns what makes the role permit exactly these.
func (r roles) change(role string, permissions []string) map[string]bool {
	changed := map[string]bool{}
	for _, p := range permissions {
		if !slices.Contains(r.defaults[role], p) {
			changed[p] = true
		}
	}
	for _, p := range r.defaults[role] {
		if !slices.Contains(permissions, p) {
			changed[p] = false
		}
	}
	return changed
}

// catalogue returns every permission, by name.
func (r roles) catalogue() []declaredPermission {
	return slices.SortedFunc(maps.Values(r.permissions), func(a, b declaredPermission) int { return cmp.Compare(a.Name(), b.Name()) })
}

// warnUnknown tells of a default role that permits nothing while others do:
// every new user would be refused everywhere.
func (r roles) warnUnknown(logger *slog.Logger, role string) {
	others := slices.DeleteFunc(slices.Collect(maps.Keys(r.defaults)), func(name string) bool { return name == adminRole })
	if len(others) > 0 && len(r.defaults[role]) == 0 {
		logger.Warn("no module grants anything to the default role; new users will be refused everywhere: is SSO_DEFAULT_ROLE right?", "role", role)
	}
}

// adminRole is the one that the module itself grants something to.
const adminRole = "admin"
