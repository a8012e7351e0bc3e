package telemetry

import (
	"io"
	"log/slog"
)

// LogConfig are the settings of the log; their variables begin with LOG_.
type LogConfig struct {
	// Level is the lowest level that is written.
	Level slog.Level `env:"LEVEL" envDefault:"info" doc:"The lowest level that is written: debug, info, warn or error. At debug the bodies of calls to neighbours are written too, redacted."`
	// Levels are the lowest levels of modules that have one to themselves.
	Levels ModuleLevels `env:"LEVELS" example:"cart=debug,sso=warn" doc:"The lowest level that is written of some modules, in place of LOG_LEVEL: cart=debug,sso=warn. The command log-level changes levels while the process runs."`
	// Profile says how the fields of a line are called. Default: otel.
	Profile Profile `env:"PROFILE" envDefault:"otel" oneof:"otel,ecs,gelf" doc:"How the fields of a line are called: otel, ecs for Elasticsearch, gelf for Graylog."`
}

// NewLogger returns a logger that writes one JSON line per record to w, in one
// Write: time, level, msg, service, what [slog.Logger.With] added (the module),
// trace_id and span_id of the context, then the record's attributes. r hides
// the secrets in all of it.
func NewLogger(w io.Writer, service string, cfg LogConfig, r *Redactor) *slog.Logger {
	return NewLog(w, service, cfg, r).Logger
}

// Discard returns a logger that writes nothing.
func Discard() *slog.Logger { return slog.New(slog.DiscardHandler) }
