package telemetry

import (
	"regexp"
	"strings"
)

// placeholderPattern is what stands in a sentence where a header has its
// credentials. Any other word in angle brackets may be one.
var placeholderPattern = regexp.MustCompile(`(?i)^(?:bearer|basic|dpop) <(?:[a-z]{1,12}[ _-])?(?:token|credentials)>(?:[\s.,;)"'\\]|$)`)

// hidePairs hides the values of pairs in a text whose names are a secret's:
// queries and forms, connection strings, JSON and Go's own way to print a
// struct, also within quotes, and the lines of a header.
func hidePairs(s string) string {
	var b strings.Builder
	done := 0
	for i := 0; i < len(s); i++ {
		if s[i] != '=' && s[i] != ':' {
			continue
		}
		from, to := secretPair(s, done, i)
		if from == to {
			continue
		}
		b.WriteString(s[done:from])
		b.WriteString(redacted)
		done, i = to, to-1
	}
	if done == 0 {
		return s
	}
	b.WriteString(s[done:])
	return b.String()
}

// secretPair returns where the value stands of the pair whose sign is at i; an
// empty range when there is no secret.
func secretPair(s string, start, i int) (from, to int) {
	name, quoted := nameBefore(s[start:i], s[i])
	v := shown
	if len(name) > 2 { // a secret's name has three letters at least
		v = judge(name)
	}
	if v == shown || markLength(s[i-len(name):]) > 0 {
		return 0, 0
	}
	from, ok := valueStart(s, i, quoted)
	switch {
	case ok:
		to = valueEnd(s, from)
	case isHeader(name):
		from = min(i+2, len(s)) // behind the space, if there is one
		if placeholderPattern.MatchString(s[from:]) {
			return 0, 0
		}
		to = from + lineLength(s[from:])
	default:
		return 0, 0
	}
	value := s[from:to]
	if markLength(value) > 0 || v == ambiguous && isHarmless(value) {
		return 0, 0
	}
	return from, to
}

// nameBefore returns the name that a text ends with, and whether there are
// quotes or brackets between it and the sign.
func nameBefore(s string, sign byte) (name string, quoted bool) {
	if sign == '=' {
		s = strings.TrimRight(s, " ")
	}
	bare := strings.TrimRight(s, "\"'`\\)]")
	from := len(bare)
	for from > 0 && len(bare)-from < maxName && isNameByte(bare[from-1]) {
		from--
	}
	return bare[from:], len(bare) < len(s)
}

func isNameByte(c byte) bool {
	return isLetter(c) || isDigit(c) || c == '_' || c == '-' || c == '.'
}

// valueStart returns where the value begins behind the sign at i. A colon with
// a space behind it is prose ("invalid token: expired") unless the name is quoted.
func valueStart(s string, i int, quoted bool) (int, bool) {
	from := i + 1
	rest := s[from:]
	trimmed := strings.TrimLeft(rest, " ")
	if s[i] == '=' || quoted {
		rest = trimmed
	}
	if rest == "" || strings.ContainsRune(" \t\r\n=/:", rune(rest[0])) {
		return 0, false
	}
	return len(s) - len(rest), true
}

// valueEnd returns the end of the value that begins at from: of a text in
// quotes the closing one, of a list or an object that of the whole text.
func valueEnd(s string, from int) int {
	value := strings.TrimLeft(s[from:], `\`)
	escapes := len(s) - from - len(value)
	switch value[:min(1, len(value))] {
	case "":
		return len(s)
	case "[", "{", "(":
		if n := markLength(value); n > 0 {
			return len(s) - len(value) + n
		}
		return len(s)
	case `"`, "'", "`":
		return closingQuote(s, len(s)-len(value), escapes)
	}
	if end := strings.IndexAny(value, " \t\r\n,;&\"')]}<>|"); end >= 0 {
		return len(s) - len(value) + end
	}
	return len(s)
}

// closingQuote returns the end of the text whose quote stands at i, behind as
// many backslashes as the closing one has.
func closingQuote(s string, i, escapes int) int {
	quote, before := s[i], 0
	for j := i + 1; j < len(s); j++ {
		switch {
		case s[j] == quote && before <= escapes:
			return j + 1
		case s[j] == '\\':
			before++
		default:
			before = 0
		}
	}
	return len(s)
}

// isHeader knows the fields of a header that hold secrets.
func isHeader(name string) bool {
	switch strings.ToLower(name) {
	case "authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key":
		return true
	}
	return false
}

func lineLength(s string) int {
	if end := strings.IndexAny(s, "\r\n\"'"); end >= 0 {
		return end
	}
	return len(s)
}
