package telemetry

import (
	"context"
	"io"
	"log/slog"
)

// LogConfig are the settings of the log; their variables begin with LOG_.
type LogConfig struct {
	// Level is the lowest level that is written.
	Level slog.Level `env:"LEVEL" envDefault:"info" doc:"The lowest level that is written: debug, info, warn or error. At debug the bodies of calls to neighbours are written too, redacted."`
}

// NewLogger returns a logger that writes one JSON line per record to w, in one
// Write: time, level, msg, service, trace_id and span_id of the context, then
// the record's attributes, redacted by r.
func NewLogger(w io.Writer, service string, cfg LogConfig, r *Redactor) *slog.Logger {
	json := slog.NewJSONHandler(w, &slog.HandlerOptions{Level: cfg.Level})
	return slog.New(&handler{json.WithAttrs([]slog.Attr{slog.String("service", service)}), r})
}

// Discard returns a logger that writes nothing.
func Discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

// handler adds the trace of the context and redacts. It looks at every attribute
// before slog encodes it: slog's own hook, ReplaceAttr, costs more than the line.
type handler struct {
	slog.Handler
	redactor *Redactor
}

func (h *handler) Handle(ctx context.Context, r slog.Record) error {
	r.Time = r.Time.UTC()
	r.Message = h.redactor.String(r.Message)
	if !h.clean(r) {
		r = h.redact(r)
	}
	if s := SpanFrom(ctx); s.Valid() {
		r.AddAttrs(slog.String("trace_id", s.TraceIDString()), slog.String("span_id", s.SpanIDString()))
	}
	return h.Handler.Handle(ctx, r)
}

// clean reports whether no attribute needs to change: nearly every line.
func (h *handler) clean(r slog.Record) bool {
	clean := true
	r.Attrs(func(a slog.Attr) bool {
		clean = h.redactor.harmless(a)
		return clean
	})
	return clean
}

func (h *handler) redact(r slog.Record) slog.Record {
	out := slog.NewRecord(r.Time, r.Level, r.Message, r.PC)
	r.Attrs(func(a slog.Attr) bool {
		out.AddAttrs(h.redactor.Attr(a))
		return true
	})
	return out
}

func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	safe := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		safe[i] = h.redactor.Attr(a)
	}
	return &handler{h.Handler.WithAttrs(safe), h.redactor}
}

func (h *handler) WithGroup(name string) slog.Handler {
	return &handler{h.Handler.WithGroup(name), h.redactor}
}

// A Reporter learns of unexpected errors, each once, at the edge of the process.
type Reporter interface {
	Report(ctx context.Context, err error, attrs ...slog.Attr)
}

// LogReporter reports to the log, at level error.
func LogReporter(logger *slog.Logger) Reporter { return logReporter{logger} }

type logReporter struct{ logger *slog.Logger }

func (l logReporter) Report(ctx context.Context, err error, attrs ...slog.Attr) {
	l.logger.LogAttrs(ctx, slog.LevelError, "unexpected error", append(attrs, slog.String("error", err.Error()))...)
}
