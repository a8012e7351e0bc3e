package sso

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/modules/sso/internal/grant"
	"github.com/slipway-go/slipway/modules/sso/ssoapi"
)

func clientsCommand() *cobra.Command {
	c := &cobra.Command{Use: "clients", Short: "The applications that let people in"}
	c.AddCommand(
		&cobra.Command{
			Use: "list", Short: "List the clients", Args: cobra.NoArgs,
			RunE: operating(func(ctx context.Context, a administration, _ []string) (slipway.Report, error) {
				return listClients(ctx, a)
			}),
		},
		createClientCommand(),
		rotateClientCommand(),
		&cobra.Command{
			Use: "revoke <id>", Short: "Have a client let nobody in any more, and end its sessions", Args: slipway.Arguments("id"),
			RunE: operating(func(ctx context.Context, a administration, args []string) (slipway.Report, error) {
				if err := a.clients.revoke(ctx, operator, args[0]); err != nil {
					return nil, err
				}
				return listClients(ctx, a)
			}),
		},
	)
	return c
}

func createClientCommand() *cobra.Command {
	var given ssoapi.ClientRegistration
	var scopes []string
	c := &cobra.Command{
		Use: "create <id>", Short: "Register a client, and print its secret this once", Args: slipway.Arguments("id"),
		RunE: operating(func(ctx context.Context, a administration, args []string) (slipway.Report, error) {
			given.ID = args[0]
			if given.Name == "" {
				given.Name = given.ID
			}
			given.Scopes = slices.Compact(slices.Sorted(slices.Values(append([]string{"openid", "profile", "email"}, scopes...))))
			made, err := a.clients.create(ctx, operator, given)
			return newClientReport(made), err
		}),
	}
	f := c.Flags()
	f.StringVar(&given.Name, "name", "", "how people know it (default: the id)")
	f.BoolVar(&given.Public, "public", false, "it cannot keep a secret, as an app or a page's script")
	f.StringArrayVar(&given.RedirectURIs, "redirect-uri", nil, "where browsers may go with a code; may be repeated")
	f.StringArrayVar(&given.PostLogoutRedirectURIs, "post-logout-redirect-uri", nil, "where browsers may go after a logout; may be repeated")
	f.StringArrayVar(&scopes, "scope", []string{"phone", grant.EveryPermission},
		"what it may be granted beside openid, profile and email: phone, offline_access, permissions by name, or * for all that its users may; may be repeated")
	f.StringVar(&given.Algorithm, "algorithm", "", "EdDSA, or ES256 for what knows nothing newer (default: EdDSA)")
	return c
}

func rotateClientCommand() *cobra.Command {
	var retire bool
	c := &cobra.Command{
		Use: "rotate <id>", Short: "Make a new secret of a client, and print it this once", Args: slipway.Arguments("id"),
		RunE: operating(func(ctx context.Context, a administration, args []string) (slipway.Report, error) {
			made, err := a.clients.rotate(ctx, operator, args[0], retire)
			return clientSecretReport{args[0], made}, err
		}),
	}
	c.Flags().BoolVar(&retire, "leaked", false, "the secrets of before, and the client's tokens, are good for nothing from now on")
	return c
}

func listClients(ctx context.Context, a administration) (slipway.Report, error) {
	found, err := a.clients.list(ctx)
	return clientsReport(found), err
}

type clientsReport ssoapi.RegisteredClients

// Tables implements slipway.Report.
func (r clientsReport) Tables() []slipway.Table {
	t := slipway.Table{Header: []string{"ID", "NAME", "SECRETS", "LEADS BACK TO", "SCOPES", "SIGNED BY"}, Empty: "There is none: sso clients create registers one."}
	for _, c := range r.Clients {
		secrets := strconv.Itoa(c.Secrets)
		if c.Public {
			secrets = "public"
		}
		t.Rows = append(t.Rows, []string{c.ID, c.Name, secrets, strings.Join(c.RedirectURIs, " "), strings.Join(c.Scopes, " "), c.Algorithm})
	}
	return []slipway.Table{t}
}

type newClientReport ssoapi.NewClient

// Tables implements slipway.Report.
func (r newClientReport) Tables() []slipway.Table {
	if r.Public {
		return []slipway.Table{{Empty: r.ID + " is registered. It is public and has no secret."}}
	}
	return clientSecretReport{r.ID, ssoapi.ClientSecret{Secret: r.Secret}}.Tables()
}

type clientSecretReport struct {
	ID string `json:"id"`
	ssoapi.ClientSecret
}

// Tables implements slipway.Report.
func (r clientSecretReport) Tables() []slipway.Table {
	return []slipway.Table{
		{Header: []string{"CLIENT", "SECRET"}, Rows: [][]string{{r.ID, r.Secret}}},
		{Empty: "The secret is shown this once."},
	}
}
