package config

import (
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"reflect"
	"strings"
	"time"
)

// An expecter is a type that says itself what it takes.
type expecter interface{ Expected() string }

func expecterOf(t reflect.Type) (expecter, bool) {
	return reflect.TypeAssert[expecter](reflect.New(t))
}

// expected says what the variable takes; of a plain text or number the default
// serves as an example.
func (f field) expected() string {
	takes, def := f.takes(), f.tag.Get("envDefault")
	if def == "" || f.secret() || !f.plain() || f.tag.Get("example") != "" {
		return takes
	}
	return takes + " such as " + def
}

// plain reports a text or a number of which the type says no more.
func (f field) plain() bool {
	k := f.element().Kind()
	return !f.known() && len(f.choices()) == 0 && (k == reflect.String || k >= reflect.Int && k <= reflect.Float64)
}

// known reports whether the type says more than its kind.
func (f field) known() bool {
	t := f.element()
	_, expects := expecterOf(t)
	noun, _ := f.noun(t)
	return expects || noun != nounOfKind(t)
}

// takes says what the variable takes.
func (f field) takes() string {
	takes := f.takesOne()
	if f.list() {
		takes = f.listOf(takes)
	}
	if example := f.tag.Get("example"); example != "" {
		takes, _, _ = strings.Cut(takes, " such as ")
		takes += " such as " + example
	}
	return takes
}

func (f field) listOf(one string) string {
	if one == "text" {
		return "a list separated by " + separatorName(f.separator())
	}
	return "a list separated by " + separatorName(f.separator()) + ", each " + one
}

func (f field) takesOne() string {
	t := f.element()
	if e, ok := expecterOf(t); ok {
		return e.Expected()
	}
	if choices := f.choices(); len(choices) > 0 {
		return either(choices)
	}
	noun, example := f.noun(t)
	noun += f.within(t)
	if example != "" {
		noun += " such as " + example
	}
	return noun
}

// noun names a type, with an example where the name leaves a doubt.
func (f field) noun(t reflect.Type) (noun, example string) {
	switch t {
	case reflect.TypeFor[time.Duration]():
		return "a duration", "500ms, 10s or 2h"
	case reflect.TypeFor[url.URL]():
		return article(either(f.schemes())) + " URL", f.schemes()[len(f.schemes())-1] + "://host.example"
	case reflect.TypeFor[time.Location]():
		return "a time zone", "Europe/Berlin"
	case reflect.TypeFor[time.Time]():
		return "a time", "2026-01-31T12:00:00Z"
	case reflect.TypeFor[slog.Level]():
		return "debug, info, warn or error", ""
	case reflect.TypeFor[netip.Addr]():
		return "an IP address", "10.0.0.7"
	case reflect.TypeFor[netip.AddrPort]():
		return "an IP address and a port", "10.0.0.7:8080"
	case reflect.TypeFor[netip.Prefix]():
		return "a network", "10.0.0.0/8"
	case reflect.TypeFor[Secret]():
		return "a secret", ""
	}
	return nounOfKind(t), ""
}

func nounOfKind(t reflect.Type) string {
	switch k := t.Kind(); {
	case k == reflect.Bool:
		return "true or false"
	case k >= reflect.Int && k <= reflect.Uint64:
		return "a whole number"
	case k == reflect.Float32, k == reflect.Float64:
		return "a number"
	case k == reflect.String:
		return "text"
	case k == reflect.Map:
		return "a list of name:value pairs separated by commas"
	}
	return fmt.Sprintf("a value of type %s", t)
}

// within says the bounds.
func (f field) within(t reflect.Type) string {
	lowest, highest := f.bounds()
	unit := ""
	if t.Kind() == reflect.String {
		unit = " characters"
	}
	switch {
	case lowest == "" && highest == "", t == reflect.TypeFor[time.Duration]() && f.tag.Get("min")+f.tag.Get("max") == "":
		return ""
	case highest == "":
		return " of " + lowest + unit + " or more"
	case lowest == "":
		return " of up to " + highest + unit
	case unit != "":
		return " of " + lowest + " to " + highest + unit
	}
	return " from " + lowest + " to " + highest
}

// either lists choices in a sentence: a, b or c.
func either(choices []string) string {
	last := len(choices) - 1
	if last == 0 {
		return choices[0]
	}
	return strings.Join(choices[:last], ", ") + " or " + choices[last]
}

func article(noun string) string {
	if strings.ContainsRune("aeiouh", rune(noun[0])) { // an http URL
		return "an " + noun
	}
	return "a " + noun
}

func separatorName(s string) string {
	switch s {
	case ",":
		return "commas"
	case ";":
		return "semicolons"
	case " ":
		return "spaces"
	}
	return fmt.Sprintf("%q", s)
}
