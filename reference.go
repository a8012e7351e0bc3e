package slipway

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"

	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/httpclient"
	"github.com/slipway-go/slipway/internal/fleet"
	"github.com/slipway-go/slipway/telemetry"
	"github.com/slipway-go/slipway/telemetry/otlp"
	"github.com/slipway-go/slipway/telemetry/sentry"
)

// writeReference prints every setting of the kit and of the modules.
func writeReference(out io.Writer, modules []Module) error {
	sections := append(kitSections(), config.Section{Title: "Where modules live", Variables: config.Describe[place]("<MODULE>_")})
	for _, m := range modules {
		if len(m.variables) > 0 {
			sections = append(sections, config.Section{Title: "Module " + m.Name(), Variables: m.variables})
		}
	}
	return config.WriteReference(out, sections...)
}

func kitSections() []config.Section {
	return []config.Section{
		{Title: "The process", Variables: config.Describe[settings]("SLIPWAY_")},
		{Title: "Databases", Variables: config.Describe[database]("")},
		{Title: "Contents of files", Variables: append(config.Describe[blobs](""), config.Describe[bucket]("")...)},
		{Title: "Events", Variables: config.Describe[broker]("")},
		{Title: "Identity", Variables: append(config.Describe[auth.VerifierConfig]("SSO_"), config.Describe[identity]("SSO_")...)},
		{Title: "Logs", Variables: config.Describe[telemetry.LogConfig]("LOG_")},
		{Title: "Error reports", Variables: config.Describe[sentry.Settings]("SENTRY_")},
		{Title: "Traces", Variables: slices.Concat(config.Describe[telemetry.TraceConfig]("OTEL_"), config.Describe[tracesKept]("OTEL_"), config.Describe[otlp.Config]("OTEL_"))},
		{Title: "Calls to neighbours", Variables: append(config.Describe[httpclient.Config](callPrefix), config.Describe[tokenCache]("")...)},
	}
}

// misspelt finds variables that look like settings and that nothing reads.
func misspelt(src *config.Source, modules []Module) []config.Problem {
	known := []config.Variable{{Name: "SLIPWAY_ENV"}, {Name: "SLIPWAY_TEST_DATABASE_URL"}, {Name: "SLIPWAY_TEST_PROCESS"}, {Name: fleet.ParentVariable}}
	for _, s := range kitSections() {
		known = append(known, s.Variables...)
	}
	prefixes := []string{"SLIPWAY_", callPrefix}
	for _, m := range modules {
		prefix := settingsPrefix(m.Name())
		prefixes = append(prefixes, prefix)
		known = append(known, m.variables...)
		known = append(known, config.Describe[place](prefix)...)
		known = append(known, config.Describe[database](prefix)...)
		known = append(known, config.Describe[bucket](prefix)...)
	}
	return config.Unknown(src, known, prefixes)
}

// writeRoutes prints the access matrix: every route and who may call it.
func writeRoutes(out io.Writer, modules []Module) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, m := range modules {
		for _, r := range m.contract.Routes() {
			if _, err := fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", m.Name(), r.Pattern(), r.Access(), r.Doc()); err != nil {
				return err
			}
		}
	}
	return w.Flush()
}
