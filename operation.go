package slipway

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/postgres"
)

// Commands adds commands to the product's binary, below one that is named after the
// module: the command keys of module sso is "shop sso keys". The function makes new
// ones at each call; what they do, [Operate] runs.
func Commands(commands func() []*cobra.Command) Option {
	return func(m *Module) { m.commands = append(m.commands, commands) }
}

// kitCommands are those of the kit itself, below which a module's cannot be.
var kitCommands = []string{"services", "env", "routes", "openapi", "asyncapi", "events", "jobs", "logs", "trace", "help"}

// An Operation is one run of a module's command. It works beside the processes of the
// product, with the settings and the database that they have, and serves nobody.
type Operation struct {
	// Args are the command's arguments without flags.
	Args []string

	operator *operator
	module   Module
}

// DB opens the module's database, and leaves its schema as it is.
func (o *Operation) DB(ctx context.Context) (*postgres.DB, error) {
	return o.operator.database(ctx, o.module)
}

// Contracts returns the contract of every module of the product, and last what the kit
// itself serves for operators.
func (o *Operation) Contracts() []*api.Contract { return append(o.operator.app.contracts(), kit) }

// Neighbours returns who may call whom in the whole product: caller → callees.
func (o *Operation) Neighbours() map[string][]string {
	return o.operator.app.topology.neighbours()
}

// EdgeAudience returns the audience of tokens that users get at login.
func (o *Operation) EdgeAudience() string { return o.operator.app.settings.identity.Audience }

// SecretInSettings reports whether the settings of the command, which should be those of
// the process that it is for, give the module's credential (<MODULE>_CLIENT_SECRET).
func (o *Operation) SecretInSettings(module string) bool {
	return o.operator.app.secretInSettings(module)
}

// Environment returns development, test or production.
func (o *Operation) Environment() config.Environment { return o.operator.app.source.Environment() }

// Operate makes the RunE of a command of a module whose settings are a C. What f returns
// is printed: as JSON if the flag asks for it.
func Operate[C any](f func(ctx context.Context, o *Operation, cfg C) (Report, error)) func(*cobra.Command, []string) error {
	return func(c *cobra.Command, args []string) error {
		at, ok := c.Context().Value(commandKey{}).(program)
		if !ok {
			return fmt.Errorf("%s is no command of a product: give it to NewModule by slipway.Commands", c.CommandPath())
		}
		return at.operate(func(ctx context.Context, o *operator, c *cobra.Command, args []string) error {
			m, err := o.module(moduleOf(c))
			if err != nil {
				return err
			}
			cfg, err := config.Load[C](o.app.source, settingsPrefix(m.Name()))
			if err != nil {
				return err
			}
			r, err := f(ctx, &Operation{Args: args, operator: o, module: m}, cfg)
			if err != nil {
				return explain(m.Name(), err)
			}
			return show(c, r)
		})(c, args)
	}
}

// commandKey is where a command's context has its program.
type commandKey struct{}

// moduleOf returns the name of the module to which the command belongs: that of the
// command below the root.
func moduleOf(c *cobra.Command) string {
	for c.HasParent() && c.Parent().HasParent() {
		c = c.Parent()
	}
	return c.Name()
}

// command returns the one above all of the module's, or nil.
func (m Module) command() *cobra.Command {
	if len(m.commands) == 0 {
		return nil
	}
	c := &cobra.Command{Use: m.Name(), Short: "Operate module " + m.Name() + "; see its commands", RunE: help}
	operatorFlags(c)
	for _, commands := range m.commands {
		c.AddCommand(commands()...)
	}
	for _, sub := range c.Commands() {
		group(sub)
	}
	return c
}

// group has a command that only has others show them.
func group(c *cobra.Command) {
	if !c.Runnable() {
		c.RunE = help
	}
	for _, sub := range c.Commands() {
		group(sub)
	}
}

func help(c *cobra.Command, _ []string) error { return c.Help() }

// Arguments asks a command for exactly these, by the names that its Use gives them.
func Arguments(names ...string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) == len(names) {
			return nil
		}
		return fmt.Errorf("%s has %d arguments: expected %d, as in: %s", c.CommandPath(), len(args), len(names), c.UseLine())
	}
}
