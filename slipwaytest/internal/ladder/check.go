package ladder

import (
	"regexp"
	"regexp/syntax"
	"strconv"
	"strings"
)

// from makes values of the literals in a CHECK: IN ('open', 'paid') names them
// outright, > 0 bounds them, length(code) = 3 tells how long, ~ '^[A-Z]+$' how made.
func (c column) from(definition, plain string) []string {
	var values []string
	for _, t := range tokens(definition) {
		text, isText := unquote(t)
		number, err := strconv.ParseFloat(text, 64)
		switch {
		case !isText && (t.kind != word || err != nil):
		case err == nil:
			values = append(values, c.fromNumber(text, number, plain)...)
		default:
			values = append(values, c.fromText(text)...)
		}
	}
	return values
}

func unquote(t token) (string, bool) {
	if t.kind != quoted || !strings.HasPrefix(t.text, "'") {
		return t.text, false
	}
	return strings.ReplaceAll(strings.Trim(t.text, "'"), "''", "'"), true
}

// longest is how long a text a check may ask for.
const longest = 10_000

func (c column) fromNumber(text string, number float64, plain string) []string {
	around := func(text func(n int) string) []string {
		if number < 0 || number > longest || number != float64(int(number)) {
			return nil
		}
		n := int(number)
		return []string{text(n), text(n + 1), text(max(0, n-1))}
	}
	switch {
	case c.Category == "N":
		above, below := number+1, number-1
		return []string{strconv.FormatFloat(above, 'f', -1, 64), text, strconv.FormatFloat(below, 'f', -1, 64)}
	case c.Category == "S":
		return append(around(func(n int) string { return padded(plain, n) }), text)
	case c.Type == "bytea":
		return around(func(n int) string { return `\x` + padded(strings.TrimPrefix(plain, `\x`), 2*n) })
	case c.Category == "A":
		one := column{Type: c.Element, Category: "S"}.plain(1)[0]
		if strings.HasPrefix(c.Element, "int") || c.Element == "numeric" {
			one = "1"
		}
		return around(func(n int) string { return arrayOf(one, min(n, 1000)) })
	}
	return nil
}

// padded brings a text to a length; its end, in which texts differ, stays.
func padded(text string, n int) string {
	if len(text) > n {
		return text[len(text)-n:]
	}
	return strings.Repeat("0", n-len(text)) + text
}

var (
	uuidLike = regexp.MustCompile(`^[0-9a-fA-F-]{32,36}$`)
	timeLike = regexp.MustCompile(`^\d{4}-\d\d-\d\d|^-?infinity$`)
)

func (c column) fromText(text string) []string {
	switch {
	case c.Category == "S" && c.Kind == "b":
		return append(sample(text), text)
	case c.Category == "D" && timeLike.MatchString(text), c.Type == "uuid" && uuidLike.MatchString(text), c.Category == "T":
		return []string{text}
	case c.Kind == "e":
		return []string{text}
	case c.Category == "A" && strings.HasPrefix(text, "{"):
		return []string{text}
	case c.Category == "A":
		return []string{arrayOf(text, 1)}
	}
	return nil
}

// sample makes a short text that a regular expression matches, if that is what the literal is.
func sample(pattern string) []string {
	if !strings.ContainsAny(pattern, `^$[\`) {
		return nil
	}
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil
	}
	var b strings.Builder
	write(&b, re.Simplify())
	return []string{b.String()}
}

func write(b *strings.Builder, re *syntax.Regexp) {
	switch re.Op {
	case syntax.OpLiteral:
		b.WriteString(string(re.Rune))
	case syntax.OpCharClass:
		b.WriteRune(friendly(re.Rune))
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		b.WriteByte('a')
	case syntax.OpCapture, syntax.OpPlus, syntax.OpQuest, syntax.OpStar:
		write(b, re.Sub[0])
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			write(b, sub)
		}
	case syntax.OpAlternate:
		write(b, re.Sub[0])
	}
}

// friendly chooses a character of a class that is easy to read.
func friendly(pairs []rune) rune {
	for _, want := range "aA01z9-_" {
		for i := 0; i+1 < len(pairs); i += 2 {
			if pairs[i] <= want && want <= pairs[i+1] {
				return want
			}
		}
	}
	return pairs[0]
}
