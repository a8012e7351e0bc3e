package slipway

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/slipway-go/slipway/config"
)

// A program is a product with what its commands read and write.
type program struct {
	modules   []Module
	source    func() (*config.Source, error)
	out       io.Writer
	overrides Overrides // of commands that operate
}

func command(ctx context.Context, args []string, out io.Writer, modules []Module) error {
	p := program{modules: modules, source: func() (*config.Source, error) { return config.FromEnvironment(".") }, out: out}
	return p.execute(ctx, args)
}

// CommandWith runs a command as [Main] would, with settings given and parts replaced,
// for test kits.
func CommandWith(ctx context.Context, src *config.Source, o Overrides, out io.Writer, args []string, modules ...Module) error {
	p := program{modules: modules, source: func() (*config.Source, error) { return src, nil }, out: out, overrides: o}
	return p.execute(ctx, args)
}

func (p program) execute(ctx context.Context, args []string) error {
	root := p.root()
	root.SetArgs(append([]string{}, args...)) // nil would mean those of the process
	root.SetOut(p.out)
	root.SetErr(p.out)
	return root.ExecuteContext(context.WithValue(ctx, commandKey{}, p)) //nolint:wrapcheck // it is for the person as it is
}

// root has all commands; by itself it serves.
func (p program) root() *cobra.Command {
	root := &cobra.Command{
		Use:   filepath.Base(os.Args[0]),
		Short: "Serve, as the settings say",
		Long:  "Without a command it serves, as the settings say; \"env\" prints what they are.",
		RunE:  p.with(run),
	}
	root.CompletionOptions.DisableDefaultCmd = true
	root.AddCommand(
		&cobra.Command{Use: "services", Short: "Serve for development: every module as a process of its own, behind one address", RunE: p.with(runServices)},
		&cobra.Command{Use: "env", Short: "Print the reference of all settings, as Markdown", RunE: func(*cobra.Command, []string) error { return writeReference(p.out, p.modules) }},
		&cobra.Command{Use: "routes", Short: "Print every route and who may call it", RunE: func(*cobra.Command, []string) error { return writeRoutes(p.out, p.modules) }},
		&cobra.Command{Use: "openapi", Short: "Print the API's description, as JSON", RunE: p.with(p.writing(writeOpenAPI))},
		&cobra.Command{Use: "asyncapi", Short: "Print the description of the events, as JSON", RunE: p.with(p.writing(writeAsyncAPI))},
		p.eventsCommand(), p.jobsCommand(), p.traceCommand(), p.logsCommand(), p.levelCommand(),
	)
	for _, m := range p.modules {
		if c := m.command(); c != nil {
			root.AddCommand(c)
		}
	}
	strict(root)
	return root
}

// strict has every command refuse what it does not know, and say what it does.
func strict(c *cobra.Command) {
	c.SilenceErrors, c.SilenceUsage = true, true           // Main prints the error, once
	c.DisableFlagsInUseLine = strings.Contains(c.Use, " ") // which says them itself
	c.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return fmt.Errorf("%w; %s --help lists the flags", err, c.CommandPath())
	})
	if c.Args == nil {
		c.Args = func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("unknown command %q; %s --help lists the commands", strings.TrimSpace(c.CommandPath()+" "+args[0]), c.CommandPath())
			}
			return nil
		}
	}
	for _, sub := range c.Commands() {
		strict(sub)
	}
}

// with reads the settings for a command.
func (p program) with(f func(context.Context, *config.Source, []Module) error) func(*cobra.Command, []string) error {
	return func(c *cobra.Command, _ []string) error {
		src, err := p.source()
		if err != nil {
			return err
		}
		return f(c.Context(), src, p.modules)
	}
}

func (p program) writing(f func(io.Writer, *config.Source, []Module) error) func(context.Context, *config.Source, []Module) error {
	return func(_ context.Context, src *config.Source, modules []Module) error { return f(p.out, src, modules) }
}
