package config

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

const redacted = "[redacted]"

const maxShown = 100 // bytes

// credential finds name=value pairs that speak of a secret: in a URL's query and
// in the keyword form of a database's address.
var credential = regexp.MustCompile(`(?i)([a-z0-9_-]*(?:pass|pwd|secret|token|key|credential|signature)[a-z0-9_-]*\s*=\s*)('[^']*'?|"[^"]*"?|[^&\s;,]+)`)

// shown returns what may be repeated of a value that was refused. It parses
// nothing: what was refused is often no valid URL.
func shown(value string) string { return careful(value, maxShown) }

// careful is shown with a length of its own, in bytes.
func careful(value string, most int) string {
	value = withoutUserInfo(strings.ToValidUTF8(value, "\uFFFD"))
	value = withoutQuery(value)
	value = credential.ReplaceAllString(value, "${1}"+redacted)
	if len(value) > most {
		value = strings.TrimRightFunc(value[:most], func(r rune) bool { return r == utf8.RuneError }) + "…"
	}
	return value
}

// withoutUserInfo cuts from the scheme to the last @, since a password that was
// not escaped may hold an @ or a / of its own. Without a scheme, what has a colon
// before its @ is taken for a user and a password.
func withoutUserInfo(value string) string {
	scheme, rest, ok := strings.Cut(value, "://")
	at := strings.LastIndex(rest, "@")
	switch {
	case ok && at >= 0:
		return scheme + "://" + redacted + rest[at:]
	case !ok && strings.Contains(value[:max(strings.LastIndex(value, "@"), 0)], ":"):
		return redacted + value[strings.LastIndex(value, "@"):]
	}
	return value
}

// withoutQuery hides every value in the query of a URL, and what has no name: services call
// their keys as they like.
func withoutQuery(value string) string {
	base, query, ok := strings.Cut(value, "?")
	if !ok || query == "" || !strings.Contains(base, "://") {
		return value
	}
	pairs := strings.Split(query, "&")
	for i, pair := range pairs {
		pairs[i] = redacted
		if name, _, named := strings.Cut(pair, "="); named {
			pairs[i] = name + "=" + redacted
		}
	}
	return base + "?" + strings.Join(pairs, "&")
}
