package telemetry

import (
	"io"
	"log/slog"
)

// LogConfig are the settings of the log; their variables begin with LOG_.
type LogConfig struct {
	// Level is the lowest level that is written.
	Level slog.Level `env:"LEVEL" envDefault:"info" doc:"The lowest level that is written: debug, info, warn or error. At debug the bodies of calls to neighbours are written too, redacted."`
}

// NewLogger returns a logger that writes one JSON line per record to w, in one
// Write: time, level, msg, service, what [slog.Logger.With] added (the module),
// trace_id and span_id of the context, then the record's attributes. r hides
// the secrets in all of it.
func NewLogger(w io.Writer, service string, cfg LogConfig, r *Redactor) *slog.Logger {
	if r == nil {
		r = &Redactor{}
	}
	return slog.New(newHandler(w, service, cfg.Level, r))
}

// Discard returns a logger that writes nothing.
func Discard() *slog.Logger { return slog.New(slog.DiscardHandler) }
