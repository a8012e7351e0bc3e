package sso

import (
	"log/slog"
	"slices"

	"github.com/slipway-go/slipway/api"
)

// roles map a role to the names of its permissions, as the modules declare them.
type roles map[string][]string

func rolesOf(contracts []*api.Contract) roles {
	all := roles{}
	for _, c := range contracts {
		for _, p := range c.Permissions() {
			for _, role := range p.Roles() {
				all[role] = append(all[role], p.Name())
			}
		}
	}
	return all
}

// permissions returns those of all the roles together, sorted.
func (r roles) permissions(names []string) []string {
	var all []string
	for _, name := range names {
		all = append(all, r[name]...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// warnUnknown tells of a default role that permits nothing while others do:
// every new user would be refused everywhere.
func (r roles) warnUnknown(logger *slog.Logger, role string) {
	if len(r) > 0 && len(r[role]) == 0 {
		logger.Warn("no module grants anything to the default role; new users will be refused everywhere: is SSO_DEFAULT_ROLE right?", "role", role)
	}
}
