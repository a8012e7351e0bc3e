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
			RunE: settingRole(func(_, given []string) []string { return given }),
		},
		&cobra.Command{
			Use: "grant <role> <permission>...", Short: "Have a role permit these too", Args: cobra.ArbitraryArgs,
			RunE: settingRole(func(had, given []string) []string { return append(had, given...) }),
		},
		&cobra.Command{
			Use: "revoke <role> <permission>...", Short: "Have a role permit these no longer", Args: cobra.ArbitraryArgs,
			RunE: settingRole(without),
		},
		&cobra.Command{
			Use: "reset <role>", Short: "Make a role what the modules declare; one that they do not declare is gone then", Args: slipway.Arguments("role"),
			RunE: operating(func(ctx context.Context, a administration, args []string) (slipway.Report, error) {
				role, err := a.roles.reset(ctx, operator, args[0])
				return rolesReport{[]ssoapi.Role{role}}, err
			}),
		},
	)
	return c
}

// settingRole replaces what a role permits by what comes of that and what is given.
func settingRole(permissions func(had, given []string) []string) func(*cobra.Command, []string) error {
	return operating(func(ctx context.Context, a administration, args []string) (slipway.Report, error) {
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
		role, err := a.roles.set(ctx, operator, name, permissions(b.role(name).Permissions, given))
		return rolesReport{[]ssoapi.Role{role}}, err
	})
}

func listRoles(ctx context.Context, a administration, _ []string) (slipway.Report, error) {
	b, err := a.roles.read(ctx, a.roles.db)
	return rolesReport{b.all()}, err
}

type rolesReport struct {
	Roles []ssoapi.Role `json:"roles"`
}

// permitsWidth is what is left beside the other columns on a narrow page.
const permitsWidth = 56

func (r rolesReport) Tables() []slipway.Table {
	t := slipway.Table{Header: []string{"ROLE", "USERS", "CHANGED", "PERMITS"}}
	for _, role := range r.Roles {
		changed := "-"
		if len(difference(role.Permissions, role.Defaults)) > 0 {
			changed = "yes"
		}
		t.Rows = append(t.Rows, []string{role.Name, strconv.Itoa(role.Users), changed, cmp.Or(wrap(permitsWidth, role.Permissions...), "nothing")})
	}
	return []slipway.Table{t}
}
