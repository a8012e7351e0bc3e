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
