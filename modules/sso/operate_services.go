package sso

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/modules/sso/ssoapi"
)

func servicesCommand() *cobra.Command {
	c := &cobra.Command{Use: "services", Short: "The credentials by which services get tokens"}
	c.AddCommand(
		&cobra.Command{
			Use: "list [module]", Short: "List the valid credentials, of all modules or of one", Args: cobra.MaximumNArgs(1),
			RunE: operating(listServices),
		},
		&cobra.Command{
			Use: "create <module>", Short: "Make a credential beside the one there is, and print its secret this once", Args: slipway.Arguments("module"),
			RunE: operating(func(ctx context.Context, a administration, args []string) (slipway.Report, error) {
				made, err := a.services.create(ctx, operator, args[0], nil)
				return createdReport{args[0], made}, err
			}),
		},
		rotateServiceCommand(),
		&cobra.Command{
			Use: "revoke <module> <id>", Short: "Make a credential worthless at once, and the tokens that the service has", Args: slipway.Arguments("module", "id"),
			RunE: operating(revokeCredential),
		},
	)
	return c
}

func rotateServiceCommand() *cobra.Command {
	var overlap time.Duration
	c := &cobra.Command{
		Use: "rotate <module>", Short: "Make a credential, print its secret this once, and let the one of before end by itself", Args: slipway.Arguments("module"),
		RunE: operating(func(ctx context.Context, a administration, args []string) (slipway.Report, error) {
			if overlap < 0 {
				return nil, fmt.Errorf("--overlap=%s: expected how long the service may take to restart with the new secret, such as 24h", overlap)
			}
			made, err := a.services.create(ctx, operator, args[0], &overlap)
			return createdReport{args[0], made}, err
		}),
	}
	c.Flags().DurationVar(&overlap, "overlap", 24*time.Hour, "how long the one of before is valid still")
	return c
}

func listServices(ctx context.Context, a administration, args []string) (slipway.Report, error) {
	services := a.services.services
	if len(args) > 0 {
		if err := a.services.known(args[0]); err != nil {
			return nil, err
		}
		services = args
	}
	r := credentialsReport{Credentials: []serviceCredential{}, Settings: []string{}}
	for _, service := range services {
		found, err := a.services.list(ctx, a.services.db, service)
		if err != nil {
			return nil, err
		}
		if a.services.settings(service) {
			r.Settings = append(r.Settings, service)
		}
		for _, c := range found {
			r.Credentials = append(r.Credentials, serviceCredential{service, c})
		}
	}
	return r, nil
}

func revokeCredential(ctx context.Context, a administration, args []string) (slipway.Report, error) {
	id, err := uuid.Parse(args[1])
	if err != nil {
		return nil, fmt.Errorf("%q is no id of a credential: sso services list %s shows them", args[1], args[0])
	}
	if err := a.services.revoke(ctx, operator, args[0], id); err != nil {
		return nil, err
	}
	return listServices(ctx, a, args[:1])
}

type serviceCredential struct {
	Service string `json:"service"`
	ssoapi.ServiceCredential
}

type credentialsReport struct {
	Credentials []serviceCredential `json:"credentials"`
	Settings    []string            `json:"settings_secrets"` // modules of which the settings' secret is valid as well
}

func (r credentialsReport) Tables() []slipway.Table {
	t := slipway.Table{Header: []string{"MODULE", "ID", "SECRET", "MADE", "ENDS", "LAST USED"}, Empty: "There is none, neither made here nor in the settings of this command."}
	for _, c := range r.Credentials {
		t.Rows = append(t.Rows, []string{c.Service, c.ID.String(), c.Hint + "…", moment(&c.CreatedAt), moment(c.ExpiresAt), moment(c.LastUsedAt)})
	}
	tables := []slipway.Table{t}
	for _, service := range r.Settings {
		tables[0].Rows = append(tables[0].Rows, []string{service, "-", "the settings' " + secretVariable(service), "-", "-", "-"})
		tables = append(tables, staysValid(service))
	}
	return tables
}

func secretVariable(service string) string { return strings.ToUpper(service) + "_CLIENT_SECRET" }

// staysValid tells what a rotation does not end.
func staysValid(service string) slipway.Table {
	return slipway.Table{Empty: "The settings' secret of " + service + " stays valid: take " + secretVariable(service) + " from the SSO's process to end it."}
}

type createdReport struct {
	Service string `json:"service"`
	ssoapi.NewServiceCredential
}

// Tables implements slipway.Report.
func (r createdReport) Tables() []slipway.Table {
	tables := []slipway.Table{
		{Header: []string{"ID", r.ID.String()}, Rows: [][]string{{secretVariable(r.Service), r.Secret}}},
		{Empty: "The secret is shown this once. Give it to the process that hosts " + r.Service + " and restart that; then revoke the one of before, or let it end."},
	}
	if r.SettingsSecret {
		tables = append(tables, staysValid(r.Service))
	}
	return tables
}
