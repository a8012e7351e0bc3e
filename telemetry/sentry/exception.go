package sentry

import (
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"

	sdk "github.com/getsentry/sentry-go"

	"github.com/slipway-go/slipway/internal/clip"
	"github.com/slipway-go/slipway/telemetry"
)

const (
	// maxExceptions bounds the chain of an error's causes.
	maxExceptions = 10
	// maxText is what is kept of one's text, in bytes.
	maxText = 8 << 10
	// maxRead is what is read of one's text. What is cut before it is redacted could show
	// half a secret, so this is the longer.
	maxRead = 64 << 10
)

// exceptions are the error and its causes, the innermost first, as Sentry wants them. The
// last one has the whole text.
func exceptions(r *telemetry.Redactor, err error, whole string) []sdk.Exception {
	causes := telemetry.Causes(err)
	causes = causes[:min(len(causes), maxExceptions)]
	if len(causes) == 0 {
		return []sdk.Exception{{Type: "error", Value: whole}}
	}
	var all []sdk.Exception
	for _, cause := range slices.Backward(causes[1:]) {
		all = append(all, exception(cause, text(r, cause)))
	}
	return append(all, exception(causes[0], whole))
}

func exception(cause error, says string) sdk.Exception {
	e := sdk.Exception{Type: typeOf(cause), Value: says}
	if p, ok := cause.(*telemetry.PanicError); ok { //nolint:errorlint // it is one cause of several
		e.Stacktrace = stacktrace(p.Frames())
		e.Mechanism = &sdk.Mechanism{Type: "panic", Handled: new(bool)}
	}
	return e
}

func typeOf(err error) string {
	if _, ok := err.(*telemetry.PanicError); ok { //nolint:errorlint // likewise
		return "panic"
	}
	return fmt.Sprintf("%T", err)
}

// text is what an error says, without the stack of a panic, which is told as such, and
// without addresses of people.
func text(r *telemetry.Redactor, err error) string {
	return clip.Text(eMail.ReplaceAllString(r.String(says(err)), "[e-mail]"), maxText)
}

var eMail = regexp.MustCompile(`[\pL\pN._%+-]+@[\pL\pN-]+(\.[\pL\pN-]+)+`)

func says(err error) string {
	s := err.Error()
	if p, ok := errors.AsType[*telemetry.PanicError](err); ok {
		first, _, _ := strings.Cut(p.Error(), "\n")
		s = strings.ReplaceAll(s, p.Error(), first)
	}
	return s[:min(len(s), maxRead)]
}

// stacktrace has the outermost frame first, as Sentry wants it.
func stacktrace(frames []runtime.Frame) *sdk.Stacktrace {
	if len(frames) == 0 {
		return nil
	}
	s := &sdk.Stacktrace{}
	for _, f := range slices.Backward(frames) {
		s.Frames = append(s.Frames, frame(f))
	}
	return s
}

// frame names a file by its package, and never by its place on the machine where the
// binary was built.
func frame(f runtime.Frame) sdk.Frame {
	named := sdk.NewFrame(f)
	return sdk.Frame{
		Function: named.Function, Module: named.Module, Lineno: f.Line,
		Filename: path.Join(named.Module, path.Base(filepath.ToSlash(f.File))),
		InApp:    isOurs(named.Module, f.File),
	}
}

// isOurs tells the product's code from the libraries': the standard one has no dot in
// the first part of its paths, and those of others have their version in their folder.
func isOurs(module, file string) bool {
	first, _, _ := strings.Cut(module, "/")
	return (first == "main" || strings.Contains(first, ".")) && !strings.Contains(file, "@v")
}
