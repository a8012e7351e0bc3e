package slipway

import (
	"io"
	"net/http"
	"net/url"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/telemetry/traces"
)

// traceCommand asks a process that runs for what it keeps.
func (p program) traceCommand() *cobra.Command {
	var q traceQuery
	c := &cobra.Command{
		Use: "trace [ID]", Short: "Print where the time went: the recent traces of the process that runs here, or one as a tree",
		Long: "Print where the time went: the recent traces of the process that runs here, or one as a tree. The ID is that of a problem or of a line\n" +
			"of the log (trace_id), or as much of its beginning as no other has.",
		Args: atMostOne("ID"),
		RunE: func(c *cobra.Command, args []string) error {
			src, err := p.source()
			if err != nil {
				return err
			}
			return q.run(c, src, args)
		},
	}
	f := c.Flags()
	f.Bool(jsonFlag, false, "print JSON")
	f.StringVar(&q.addr, "addr", "", "the process to ask, such as 127.0.0.1:8080 or https://inspect.internal. Default: SLIPWAY_ADDR")
	f.StringVar(&q.route, "route", "", "list those alone whose name has this in it")
	f.StringVar(&q.min, "min", "", "list those alone that took this long, such as 100ms")
	f.BoolVar(&q.failed, "failed", false, "list those alone that failed")
	f.BoolVar(&q.slowest, "slowest", false, "list the slowest first, in place of the newest")
	f.IntVar(&q.limit, "limit", 20, "list no more than this")
	return c
}

// A traceQuery is what the flags ask for.
type traceQuery struct {
	addr, route, min string
	failed, slowest  bool
	limit            int
}

func (q traceQuery) run(c *cobra.Command, src *config.Source, args []string) error {
	process, err := runningAt(src, q.addr)
	if err != nil {
		return err
	}
	seen := terminalOf(c.OutOrStdout(), src)
	text := traces.Text{Width: seen.width, Color: seen.color}
	if len(args) == 0 {
		var list traces.List
		if err := process.ask(c.Context(), http.MethodGet, tracesPath+"?"+q.values().Encode(), nil, &list); err != nil {
			return err
		}
		return shown(c, list, func(out io.Writer) error { return text.WriteList(out, list.Traces) })
	}
	trace := &traces.Trace{}
	if err := process.ask(c.Context(), http.MethodGet, tracesPath+"/"+url.PathEscape(args[0]), nil, trace); err != nil {
		return err
	}
	return shown(c, trace, func(out io.Writer) error { return text.Write(out, trace) })
}

func (q traceQuery) values() url.Values {
	v := url.Values{"limit": {strconv.Itoa(q.limit)}, "failed": {strconv.FormatBool(q.failed)}}
	if q.slowest {
		v.Set("sort", "slowest")
	}
	v.Set("route", q.route)
	v.Set("min", q.min)
	return v
}

// shown prints JSON if the flag asks for it, and text otherwise.
func shown(c *cobra.Command, v any, text func(io.Writer) error) error {
	if asJSON, err := c.Flags().GetBool(jsonFlag); err == nil && asJSON {
		return writeJSON(c.OutOrStdout(), v)
	}
	return text(c.OutOrStdout())
}
