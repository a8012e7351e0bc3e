package telemetry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
)

// A Reporter learns of unexpected errors, each once, at the edge of the process.
type Reporter interface {
	Report(ctx context.Context, err error, attrs ...slog.Attr)
}

// LogReporter reports to the log, at level error: the text of the error, which
// has those of its causes, and their types, which a search can find.
func LogReporter(logger *slog.Logger) Reporter { return logReporter{logger} }

type logReporter struct{ logger *slog.Logger }

func (l logReporter) Report(ctx context.Context, err error, attrs ...slog.Attr) {
	all := make([]slog.Attr, 0, len(attrs)+2)
	all = append(append(all, attrs...), slog.Any("error", err), slog.Any("causes", causes(err)))
	l.logger.LogAttrs(ctx, slog.LevelError, "unexpected error", all...)
}

// maxCauses bounds the list; a chain may lead back to itself.
const maxCauses = 20

// causes returns the types of an error and of what it wraps, outermost first,
// without those that only add words.
func causes(err error) []string {
	var types []string
	left := maxCauses
	var walk func(error)
	walk = func(err error) {
		if err == nil || left == 0 {
			return
		}
		left--
		if t := fmt.Sprintf("%T", err); t != "*fmt.wrapError" && t != "*fmt.wrapErrors" && t != "*errors.joinError" {
			types = append(types, t)
		}
		if many, ok := err.(interface{ Unwrap() []error }); ok {
			for _, inner := range many.Unwrap() {
				walk(inner)
			}
			return
		}
		walk(errors.Unwrap(err))
	}
	walk(err)
	return types
}
