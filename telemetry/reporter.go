package telemetry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
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

// Reporters reports to all.
func Reporters(all ...Reporter) Reporter { return reporters(all) }

type reporters []Reporter

func (r reporters) Report(ctx context.Context, err error, attrs ...slog.Attr) {
	for _, each := range r {
		each.Report(ctx, err, attrs...)
	}
}

func causes(err error) []string {
	var types []string
	for _, cause := range Causes(err) {
		types = append(types, fmt.Sprintf("%T", cause))
	}
	return types
}

// maxCauses bounds the list; a chain may lead back to itself.
const maxCauses = 20

// Causes returns an error and what it wraps, outermost first, without those that only
// add words.
func Causes(err error) []error {
	var found []error
	left := maxCauses
	var walk func(error)
	walk = func(err error) {
		if err == nil || left == 0 {
			return
		}
		left--
		if t := fmt.Sprintf("%T", err); t != "*fmt.wrapError" && t != wrapping && t != joined {
			found = append(found, err)
		}
		for _, inner := range unwrap(err) {
			walk(inner)
		}
	}
	walk(err)
	return found
}

// The types that errors.Join makes, and fmt.Errorf of several errors.
const (
	joined   = "*errors.joinError"
	wrapping = "*fmt.wrapErrors"
)

// unwrap returns what an error wraps, whichever way it does.
func unwrap(err error) []error {
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		return many.Unwrap()
	}
	if inner := errors.Unwrap(err); inner != nil {
		return []error{inner}
	}
	return nil
}

// ReportedElsewhere tells whether the error is one that somebody else has reported, by a
// method of an error in its chain: the defect of a neighbour, which told it itself. Of
// several errors that one wraps, as [errors.Join] and [fmt.Errorf] do, each must be.
func ReportedElsewhere(err error) bool { return reportedElsewhere(err, maxCauses) }

func reportedElsewhere(err error, depth int) bool {
	if r, ok := err.(interface{ ReportedElsewhere() bool }); ok {
		return r.ReportedElsewhere()
	}
	inner := unwrap(err)
	if len(inner) == 0 || depth == 0 {
		return false
	}
	elsewhere := func(err error) bool { return reportedElsewhere(err, depth-1) }
	if t := fmt.Sprintf("%T", err); t == joined || t == wrapping {
		return !slices.ContainsFunc(inner, func(err error) bool { return !elsewhere(err) })
	}
	return slices.ContainsFunc(inner, elsewhere) // a type of its own, such as that of a call: kind and cause of one failure
}

// Sound returns the error, or, of one whose text cannot be had, an error that tells so: a nil
// pointer that became an error panics when it is asked what it says, and with it whoever
// wanted to tell of it.
func Sound(err error) (sound error) {
	if err == nil {
		return nil
	}
	defer func() {
		if p := recover(); p != nil {
			sound = fmt.Errorf("an error of the type %T cannot say what it is: %w", err, Panicked(p))
		}
	}()
	_ = err.Error()
	return err
}
