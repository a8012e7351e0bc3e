package sso

import (
	"cmp"
	"context"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/modules/sso/ssoapi"
)

func rolesCommand() *cobra.Command {
	c := &cobra.Command{Use: "roles", Short: "What roles permit"}
	c.AddCommand(
		&cobra.Command{Use: "list", Short: "List the roles", RunE: operating(listRoles)},
		&cobra.Command{
			Use: "set <role> <permission>...", Short: "Have a role permit exactly these, and make it if there is none", Args: cobra.ArbitraryArgs,
			RunE: settingRole(true, func(_, given []string) []string { return given }),
		},
		&cobra.Command{
			Use: "grant <role> <permission>...", Short: "Have a role permit these too", Args: cobra.ArbitraryArgs,
			RunE: settingRole(false, func(had, given []string) []string { return append(had, given...) }),
		},
		&cobra.Command{
			Use: "revoke <role> <permission>...", Short: "Have a role permit these no longer", Args: cobra.ArbitraryArgs,
			RunE: settingRole(false, without),
		},
		&cobra.Command{
			Use: "reset <role>", Short: "Make a role what the modules declare; one that they do not declare is gone then", Args: slipway.Arguments("role"),
			RunE: changing(resetRole),
		},
	)
	return c
}

// settingRole replaces what a role permits by what comes of that and what is given. Only
// one that may make a role takes a name that is not known: it would be a misspelt one.
func settingRole(makes bool, permissions func(had, given []string) []string) func(*cobra.Command, []string) error {
	return changing(func(ctx context.Context, a administration, args []string) (notedReport, error) {
		if len(args) < 2 {
			return nil, fmt.Errorf("%d arguments: expected a role and one permission or more; sso access lists them", len(args))
		}
		name, given := args[0], args[1:]
		if err := a.roles.check(name, given); err != nil {
			return nil, err
		}
		b, err := a.roles.read(ctx, a.roles.db)
		if err != nil {
			return nil, err
		}
		unknown := b.find(name)
		if unknown != nil && !makes {
			return nil, unknown
		}
		role, err := a.roles.set(ctx, operator, name, permissions(b.role(name).Permissions, given))
		r := &rolesReport{Roles: []ssoapi.Role{role}}
		if unknown != nil {
			r.note("The role %s is new.", name)
		}
		return r, err
	})
}

// resetRole shows the role as it is then, or those that are left when it is gone.
func resetRole(ctx context.Context, a administration, args []string) (notedReport, error) {
	before, err := a.roles.read(ctx, a.roles.db)
	if err != nil {
		return nil, err
	}
	role, err := a.roles.reset(ctx, operator, args[0])
	if err != nil {
		return nil, err
	}
	after, err := a.roles.read(ctx, a.roles.db)
	if after.find(role.Name) == nil {
		return &rolesReport{Roles: []ssoapi.Role{role}}, err
	}
	r := &rolesReport{Roles: after.all()}
	r.note("The role %s, which no module declares, is gone. Accounts that had it, and have what their other roles permit: %d.", role.Name, before.users[role.Name])
	return r, err
}

func listRoles(ctx context.Context, a administration, _ []string) (slipway.Report, error) {
	b, err := a.roles.read(ctx, a.roles.db)
	return &rolesReport{Roles: b.all()}, err
}

type rolesReport struct {
	Roles []ssoapi.Role `json:"roles"`
	notes
}

// permitsWidth is what is left beside the other columns on a narrow page.
const permitsWidth = 56

func (r *rolesReport) Tables() []slipway.Table {
	t := slipway.Table{Header: []string{"ROLE", "USERS", "CHANGED", "PERMITS"}}
	for _, role := range r.Roles {
		changed := "-"
		if len(difference(role.Permissions, role.Defaults)) > 0 {
			changed = "yes"
		}
		t.Rows = append(t.Rows, []string{role.Name, strconv.Itoa(role.Users), changed, cmp.Or(wrap(permitsWidth, role.Permissions...), "nothing")})
	}
	return r.beside(t)
}
