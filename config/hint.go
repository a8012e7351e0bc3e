package config

import (
	"log/slog"
	"net/url"
	"reflect"
	"regexp"
	"strings"
	"time"
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
	if c := nearest(given, choices); c != "" && c != given {
		return "did you mean " + c + "?"
	}
	return ""
}

// nearest returns the choice that is like the name that was given, or "".
func nearest(given string, choices []string) string {
	best, bestDistance := "", 2+len(given)/6
	for _, c := range choices {
		if strings.EqualFold(given, c) {
			return c
		}
		d := distance(strings.ToLower(given), strings.ToLower(c))
		if d < bestDistance && d < len(c) {
			best, bestDistance = c, d
		}
	}
	if best == "" {
		return abbreviated(given, choices)
	}
	return best
}

// abbreviated returns the one choice that begins the name or that the name
// begins: production for prod, warn for warning.
func abbreviated(given string, choices []string) string {
	const tooShort = 3
	given = strings.ToLower(given)
	found := ""
	for _, c := range choices {
		name := strings.ToLower(c)
		if min(len(given), len(name)) < tooShort || !strings.HasPrefix(name, given) && !strings.HasPrefix(given, name) {
			continue
		}
		if found != "" {
			return ""
		}
		found = c
	}
	return found
}

// distance counts the letters to change, add, drop or swap with their neighbour
// on the way from a to b. Long names are all far apart.
func distance(a, b string) int {
	const longest = 100
	if len(a) > longest || len(b) > longest {
		return longest
	}
	before, last, row := []int(nil), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range len(a) {
		row[0] = i + 1
		for j := range len(b) {
			row[j+1] = min(last[j+1]+1, row[j]+1, last[j]+differs(a[i], b[j]))
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last, row = last, row, make([]int, len(b)+1)
	}
	return last[len(b)]
}

func differs(a, b byte) int {
	if a == b {
		return 0
	}
	return 1
}
