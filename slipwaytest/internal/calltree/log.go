package calltree

import (
	"context"
	"log/slog"
	"slices"
	"strings"

	"github.com/slipway-go/slipway/telemetry"
)

// The lines that say of a request and of a call what their entries say.
const (
	requestLine = "request"
	callLine    = "neighbour called"
)

// Log returns a handler that passes every record on to next and records those
// from warn on. From all it learns which span belongs to which request.
func (r *Recorder) Log(next slog.Handler) slog.Handler { return &logHandler{r: r, next: next} }

type logHandler struct {
	r     *Recorder
	next  slog.Handler
	attrs []slog.Attr
	group string // of names, each with a dot behind it
}

// Enabled implements slog.Handler. Lines of level info are looked at also where
// they are not written, since the access line is one.
func (h *logHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelInfo || h.next.Enabled(ctx, level)
}

// Handle implements slog.Handler.
func (h *logHandler) Handle(ctx context.Context, record slog.Record) error {
	span := telemetry.SpanFrom(ctx)
	if record.Level < slog.LevelWarn || record.Message == requestLine || record.Message == callLine {
		h.r.see(span)
	} else {
		h.r.tell(Entry{Kind: kindOf(record.Level), In: span, Name: h.text(record)}, Outcome{})
	}
	if !h.next.Enabled(ctx, record.Level) {
		return nil
	}
	return h.next.Handle(ctx, record)
}

// WithAttrs implements slog.Handler.
func (h *logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	c := *h
	c.next = h.next.WithAttrs(attrs)
	c.attrs = slices.Clone(h.attrs)
	for _, a := range attrs {
		a.Key = h.group + a.Key
		c.attrs = append(c.attrs, a)
	}
	return &c
}

// WithGroup implements slog.Handler.
func (h *logHandler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	c := *h
	c.next, c.group = h.next.WithGroup(name), h.group+name+"."
	return &c
}

func kindOf(level slog.Level) Kind {
	if level >= slog.LevelError {
		return Error
	}
	return Warn
}

// text is the line's message and what belongs to it: the error first, which is
// the news, and what the tree itself tells left out.
func (h *logHandler) text(record slog.Record) string {
	var failed, rest strings.Builder
	add := func(key string, a slog.Attr) {
		a = h.r.redactor.Attr(a)
		switch key {
		case "error":
			failed.WriteString(": " + a.Value.String())
		case "causes", "route", telemetry.HTTPRequestMethod, telemetry.URLPath, telemetry.HTTPRequestHeader, telemetry.UserID, telemetry.Caller:
		default:
			rest.WriteString("  " + key + "=" + a.Value.String())
		}
	}
	record.Attrs(func(a slog.Attr) bool {
		add(h.group+a.Key, a)
		return true
	})
	for _, a := range h.attrs {
		add(a.Key, a)
	}
	return record.Message + failed.String() + rest.String()
}
