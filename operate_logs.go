package slipway

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/telemetry"
	"github.com/slipway-go/slipway/telemetry/logtext"
)

// logsCommand shows lines of the log to a person.
func (p program) logsCommand() *cobra.Command {
	var level string
	var only logtext.Config
	c := &cobra.Command{
		Use: "logs [FILE]", Short: "Show lines of the log, of a file or as they come: make run | bin/shop logs",
		Long: "Show lines of the log, of any LOG_PROFILE, from a file or from the standard input as they come. Lines that are no JSON pass as they are.\n" +
			"In a pipe it ends when its input does, so that Ctrl-C loses no line.",
		Args: atMostOne("FILE"),
		RunE: func(c *cobra.Command, args []string) error {
			src, err := p.source()
			if err != nil {
				return err
			}
			if only.Level, err = telemetry.ParseLevel(level); err != nil {
				return fmt.Errorf("--level: %w", err)
			}
			only.Color = terminalOf(c.OutOrStdout(), src).color
			return p.showLines(c, args, only)
		},
	}
	f := c.Flags()
	f.StringVar(&level, "level", "debug", "show those alone that have this level or a higher one")
	f.StringVar(&only.Module, "module", "", "show those of this module alone")
	f.StringVar(&only.Trace, "trace", "", "show those of this trace alone: its id, or as much of its beginning as is known")
	return c
}

func atMostOne(what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) > 1 {
			return fmt.Errorf("%s has %d arguments: expected one %s, or none", c.CommandPath(), len(args), what)
		}
		return nil
	}
}

// showLines reads to the end whatever happens to its context: whoever writes into the pipe
// was told to stop by the same Ctrl-C, and still has something to say.
func (p program) showLines(c *cobra.Command, args []string, only logtext.Config) error {
	in := c.InOrStdin()
	if len(args) == 1 {
		file, err := os.Open(args[0])
		if err != nil {
			return fmt.Errorf("read the lines: %w", err)
		}
		defer file.Close()
		in = file
	} else if isTerminal(in) {
		return fmt.Errorf("there is nothing to show: expected a FILE, or lines from a pipe: %s 2>&1 | %s", c.Root().Name(), c.CommandPath())
	}
	return logtext.Render(in, c.OutOrStdout(), only) //nolint:wrapcheck // it says what it is
}

func isTerminal(in io.Reader) bool {
	f, ok := in.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// levelCommand shows or changes the levels of a process that runs.
func (p program) levelCommand() *cobra.Command {
	var addr string
	var lasts time.Duration
	c := &cobra.Command{
		Use: "log-level [LEVEL | MODULE=LEVEL …]", Short: "Show or change the lowest level that the process that runs here writes: cart=debug",
		Long: "Show or change the lowest level that the process that runs here writes, of the whole process (debug) or of modules (cart=debug sso=warn).\n" +
			"A module with nothing behind the = has that of the settings again, and so has the process with default.",
		Args: cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			src, err := p.source()
			if err != nil {
				return err
			}
			r, err := changeLevels(c, src, addr, args, lasts)
			if err != nil {
				return err
			}
			return show(c, r)
		},
	}
	f := c.Flags()
	f.Bool(jsonFlag, false, "print JSON")
	f.StringVar(&addr, "addr", "", "the process to ask, such as 127.0.0.1:8080. Default: SLIPWAY_ADDR")
	f.DurationVar(&lasts, "for", levelChangeTime, "the time after which the settings hold again; 0 for until the process ends")
	return c
}

func changeLevels(c *cobra.Command, src *config.Source, addr string, args []string, lasts time.Duration) (answer levelsAnswer, err error) {
	change, err := levelsChangeOf(args)
	if err != nil {
		return answer, err
	}
	process, err := runningAt(src, addr)
	if err != nil {
		return answer, err
	}
	if len(args) == 0 {
		return answer, process.ask(c.Context(), http.MethodGet, levelsPath, nil, &answer)
	}
	change.For = lasts.String()
	return answer, process.ask(c.Context(), http.MethodPut, levelsPath, change, &answer)
}

// levelsChangeOf reads debug, default, cart=debug, cart=.
func levelsChangeOf(args []string) (change levelsChange, err error) {
	for _, arg := range args {
		module, level, ofModule := strings.Cut(arg, "=")
		if !ofModule {
			module, level = "", arg
		}
		if ofModule && module == "" {
			return change, fmt.Errorf("%q: expected a level such as debug, or a module and its level such as cart=debug", arg)
		}
		if level == "default" {
			level = ""
		} else if level != "" {
			if _, err := telemetry.ParseLevel(level); err != nil {
				return change, err //nolint:wrapcheck // it says what it is
			}
		} else if !ofModule {
			return change, errors.New("an empty argument is no level: expected debug, info, warn, error or default")
		}
		change.Levels = append(change.Levels, moduleLevel{Module: module, Level: level})
	}
	return change, nil
}

// Tables implements Report.
func (a levelsAnswer) Tables() []Table {
	t := Table{Header: []string{"OF", "LEVEL", "UNTIL"}}
	for _, l := range a.Levels {
		of, until := l.Module, "-"
		if of == "" {
			of = "all others"
		}
		if l.Until != nil {
			until = l.Until.Local().Format(time.TimeOnly)
		}
		t.Rows = append(t.Rows, []string{of, l.Level, until})
	}
	return []Table{t}
}
