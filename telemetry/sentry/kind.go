package sentry

import (
	"errors"
	"fmt"
	"strings"

	"github.com/slipway-go/slipway/internal/clip"
	"github.com/slipway-go/slipway/telemetry"
)

// A kind is what Sentry shows as one issue.
type kind struct{ parts []string }

func (k kind) id() string { return strings.Join(k.parts, "\n") }

// kindOf tells one defect from another: a panic by the code that panicked and by what
// with, another error by its types and what its text says beside identifiers. The text
// comes redacted, since the kind is sent along.
func kindOf(module string, err error, text string) kind {
	if p, ok := errors.AsType[*telemetry.PanicError](err); ok {
		return kind{[]string{module, "panic", fmt.Sprintf("%T", p.Value), origin(p)}}
	}
	parts := []string{module}
	for _, cause := range telemetry.Causes(err) {
		parts = append(parts, typeOf(cause))
	}
	return kind{append(parts, pattern(text))}
}

func origin(p *telemetry.PanicError) string {
	if frames := p.Frames(); len(frames) > 0 {
		return frames[0].Function
	}
	return ""
}

const (
	// maxPattern bounds what is kept of a text to tell errors apart, in bytes.
	maxPattern = 300
	// longWord is longer than a word of a message.
	longWord = 40
)

// pattern is a text without what may differ between two errors of one kind: what stands
// in quotation marks, and words that have a digit or an @, or are too long to be any.
func pattern(text string) string {
	words := strings.Fields(unquoted(text))
	for i, w := range words {
		if len(w) > longWord || strings.ContainsAny(w, "0123456789@") {
			words[i] = "#"
		}
	}
	return clip.Text(strings.Join(words, " "), maxPattern)
}

// unquoted leaves the marks and takes away what is between them.
func unquoted(text string) string {
	var b strings.Builder
	for i, part := range strings.FieldsFunc(strings.ReplaceAll(text, `"`, " \x00 "), func(r rune) bool { return r == 0 }) {
		if i%2 == 0 {
			b.WriteString(part)
		} else {
			b.WriteString("…")
		}
	}
	return b.String()
}
