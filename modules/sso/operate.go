package sso

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/spf13/cobra"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/modules/sso/internal/session"
	"github.com/slipway-go/slipway/modules/sso/ssoapi"
	"github.com/slipway-go/slipway/problem"
)

// commands are those of the product's binary below sso.
func commands() []*cobra.Command {
	return []*cobra.Command{accessCommand(), clientsCommand(), keysCommand(), rolesCommand(), servicesCommand(), usersCommand()}
}

// operating runs f with what the API works with as well.
func operating(f func(ctx context.Context, a administration, args []string) (slipway.Report, error)) func(*cobra.Command, []string) error {
	return slipway.Operate(func(ctx context.Context, o *slipway.Operation, cfg Config) (slipway.Report, error) {
		ring, err := cfg.ring(ctx, o)
		if err != nil {
			return nil, err
		}
		db, err := o.DB(ctx)
		if err != nil {
			return nil, err
		}
		s := &service{
			cfg: cfg, accounts: accounts{db: db, roles: rolesOf(o.Contracts())}, logger: slog.New(slog.DiscardHandler),
			sessions: session.NewStore(db, session.Config{Idle: cfg.SessionIdle, Life: cfg.SessionLife}),
		}
		r, err := f(ctx, newAdministration(s, o, ring), o.Args)
		return r, inFull(err)
	})
}

// changing runs f as operating does, and notes when it took the last admin away. The API
// refuses that; whoever has the command line can put it right.
func changing(f func(ctx context.Context, a administration, args []string) (notedReport, error)) func(*cobra.Command, []string) error {
	return operating(func(ctx context.Context, a administration, args []string) (slipway.Report, error) {
		had, err := a.roles.hasAdmin(ctx, a.roles.db)
		if err != nil {
			return nil, err
		}
		r, err := f(ctx, a, args)
		if err != nil {
			return nil, err
		}
		has, err := a.roles.hasAdmin(ctx, a.roles.db)
		if had && !has {
			r.note("Mind that nobody is left who has %s and %s: sso users grant <e-mail> <role> gives them to somebody.", ssoapi.WriteUsers, ssoapi.WriteRoles)
		}
		return r, err
	})
}

// A notedReport is one that has something to say beside its tables.
type notedReport interface {
	slipway.Report
	note(format string, args ...any)
}

// notes are sentences beside the tables of a report.
type notes struct {
	Notes []string `json:"notes,omitempty"`
}

func (n *notes) note(format string, args ...any) {
	n.Notes = append(n.Notes, fmt.Sprintf(format, args...))
}

// beside returns the tables with the notes behind them.
func (n *notes) beside(tables ...slipway.Table) []slipway.Table {
	for _, sentence := range n.Notes {
		tables = append(tables, slipway.Table{Empty: sentence})
	}
	return tables
}

// inFull has an error tell each fault, as the fields of a problem's body do.
func inFull(err error) error {
	p, ok := errors.AsType[*problem.Error](err)
	if !ok {
		return err
	}
	lines := []string{strings.TrimSuffix(p.Error(), "; see errors")}
	for _, f := range p.Fields() {
		lines = append(lines, "  "+f.Message)
	}
	return fmt.Errorf("%s", strings.Join(lines, "\n"))
}
