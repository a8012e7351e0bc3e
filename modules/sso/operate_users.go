package sso

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/modules/sso/ssoapi"
)

func usersCommand() *cobra.Command {
	c := &cobra.Command{Use: "users", Short: "Who has an account, and which roles"}
	c.AddCommand(
		&cobra.Command{
			Use: "find [beginning of an e-mail]", Short: "List accounts, 200 at most", Args: cobra.MaximumNArgs(1),
			RunE: operating(findUsers),
		},
		&cobra.Command{
			Use: "grant <e-mail> <role>", Short: "Give somebody a role: the first admin, for one", Args: slipway.Arguments("e-mail", "role"),
			RunE: settingRoles(func(u ssoapi.User, role string) ([]string, error) { return append(u.Roles, role), nil }),
		},
		&cobra.Command{
			Use: "revoke <e-mail> <role>", Short: "Take a role from somebody", Args: slipway.Arguments("e-mail", "role"),
			RunE: settingRoles(rolesWithout),
		},
		&cobra.Command{
			Use: "disable <e-mail>", Short: "Close an account and end its sessions", Args: slipway.Arguments("e-mail"),
			RunE: disabling(true),
		},
		&cobra.Command{
			Use: "enable <e-mail>", Short: "Open an account again", Args: slipway.Arguments("e-mail"),
			RunE: disabling(false),
		},
	)
	return c
}

func findUsers(ctx context.Context, a administration, args []string) (slipway.Report, error) {
	const most = 200
	found, err := a.people.list(ctx, ssoapi.ListUsersInput{Email: strings.Join(args, ""), Limit: most})
	return &usersReport{Users: found.Users}, err
}

func (p people) byEmail(ctx context.Context, given string) (ssoapi.User, error) {
	email, err := parseEmail(given)
	if err != nil {
		return ssoapi.User{}, fmt.Errorf("e-mail %q: %w", given, err)
	}
	return p.find(ctx, p.accounts.db, byEmail, email)
}

func settingRoles(change func(u ssoapi.User, role string) ([]string, error)) func(*cobra.Command, []string) error {
	return changing(func(ctx context.Context, a administration, args []string) (notedReport, error) {
		user, err := a.people.byEmail(ctx, args[0])
		if err != nil {
			return nil, err
		}
		names, err := change(user, args[1])
		if err != nil {
			return nil, err
		}
		user, err = a.people.setRoles(ctx, operator, user.ID, names)
		return &usersReport{Users: []ssoapi.User{user}}, err
	})
}

func rolesWithout(u ssoapi.User, role string) ([]string, error) {
	if !slices.Contains(u.Roles, role) {
		return nil, fmt.Errorf("%s does not have the role %s: it has %s", u.Email, role, cmp.Or(strings.Join(u.Roles, ", "), "none"))
	}
	return without(u.Roles, []string{role}), nil
}

func disabling(disabled bool) func(*cobra.Command, []string) error {
	return changing(func(ctx context.Context, a administration, args []string) (notedReport, error) {
		user, err := a.people.byEmail(ctx, args[0])
		if err != nil {
			return nil, err
		}
		user, err = a.people.disable(ctx, operator, user.ID, disabled)
		return &usersReport{Users: []ssoapi.User{user}}, err
	})
}

type usersReport struct {
	Users []ssoapi.User `json:"users"`
	notes
}

func (r *usersReport) Tables() []slipway.Table {
	t := slipway.Table{Header: []string{"E-MAIL", "CONFIRMED", "OPEN", "SINCE", "ROLES"}, Empty: "Nobody's e-mail begins like this."}
	for _, u := range r.Users {
		t.Rows = append(t.Rows, []string{u.Email, yesNo(u.Confirmed), yesNo(!u.Disabled), moment(&u.CreatedAt), strings.Join(u.Roles, ", ")})
	}
	return r.beside(t)
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
