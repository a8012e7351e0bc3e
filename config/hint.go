package config

import (
	"log/slog"
	"net/url"
	"reflect"
	"regexp"
	"strings"
	"time"

	"github.com/slipway-go/slipway/internal/near"
)

// hint guesses what was meant by a value that was refused. It repeats nothing of
// the value.
func (f field) hint(given string) string {
	t := f.element()
	switch {
	case len(f.choices()) > 0:
		return didYouMean(given, f.choices())
	case t == reflect.TypeFor[slog.Level]():
		return didYouMean(given, []string{"debug", "info", "warn", "error"})
	case t == reflect.TypeFor[time.Duration]():
		return f.hintDuration(given)
	case t == reflect.TypeFor[url.URL]():
		return f.hintURL(given)
	case t.Kind() == reflect.Bool:
		return hintBool(given)
	case !f.list() && t.Kind() >= reflect.Int && t.Kind() <= reflect.Float64 && withUnit.MatchString(given):
		return "write the number in full, without a unit or separators"
	}
	return ""
}

var (
	digits   = regexp.MustCompile(`^-?[0-9.]+$`)
	withUnit = regexp.MustCompile(`^[0-9]+[_,' ][0-9]|^[0-9.]+ ?[A-Za-z%]+$`)
	days     = regexp.MustCompile(`(?i)[0-9] ?(d|day|days|w|week|weeks)$`)
)

func (f field) hintDuration(given string) string {
	switch {
	case strings.HasPrefix(given, "-") && f.tag.Get("min") == "":
		return "it cannot be negative"
	case digits.MatchString(given):
		return "add a unit: ms, s, m or h"
	case days.MatchString(given):
		return "the largest unit is h: a day is 24h"
	}
	return ""
}

func hintBool(given string) string {
	switch strings.ToLower(given) {
	case "yes", "y", "on", "enabled":
		return "write true"
	case "no", "n", "off", "disabled", "none":
		return "write false"
	}
	return ""
}

func (f field) hintURL(given string) string {
	if f.list() {
		return ""
	}
	scheme, _, ok := strings.Cut(given, "://")
	if !ok {
		return "begin with " + f.schemes()[0] + "://"
	}
	return didYouMean(scheme, f.schemes())
}

// didYouMean returns a guess at which of the choices was meant.
func didYouMean(given string, choices []string) string {
	if c := near.Name(given, choices); c != "" && c != given {
		return "did you mean " + c + "?"
	}
	return ""
}
