package ladder

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

type tokenKind int

const (
	space   tokenKind = iota // white space and comments
	quoted                   // '…', E'…', $$…$$
	name                     // "…"
	word                     // names, keywords, numbers
	special                  // anything else, one character
)

// token is a piece of SQL text.
type token struct {
	kind tokenKind
	text string
}

var (
	wordAt   = regexp.MustCompile(`^(?:[\pL_][\pL\pN_$]*|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)`)
	dollarAt = regexp.MustCompile(`^\$(?:[\pL_][\pL\pN_]*)?\$`)
	stringAt = regexp.MustCompile(`^(?:'(?:[^']|'')*'|[eE]'(?:[^'\\]|''|\\(?s:.))*'|[bBxXnN]'[^']*'|[uU]&'(?:[^']|'')*')`)
	nameAt   = regexp.MustCompile(`^(?:[uU]&)?"(?:[^"]|"")*"`)
	spaceAt  = regexp.MustCompile(`^(?:\s|--[^\n]*)+`)
)

// tokens cuts SQL into pieces, whose texts together are the whole.
func tokens(sql string) []token {
	var all []token
	for sql != "" {
		t := firstToken(sql)
		all = append(all, t)
		sql = sql[len(t.text):]
	}
	return all
}

func firstToken(sql string) token {
	if n := blockComment(sql); n > 0 {
		return token{space, sql[:n]}
	}
	for _, try := range []struct {
		at   *regexp.Regexp
		kind tokenKind
	}{{spaceAt, space}, {stringAt, quoted}, {nameAt, name}, {wordAt, word}} {
		if text := try.at.FindString(sql); text != "" {
			return token{try.kind, text}
		}
	}
	if tag := dollarAt.FindString(sql); tag != "" {
		if end := strings.Index(sql[len(tag):], tag); end >= 0 {
			return token{quoted, sql[:2*len(tag)+end]}
		}
	}
	_, n := utf8.DecodeRuneInString(sql)
	return token{special, sql[:n]}
}

// blockComment is the length of the comment, in which others may nest, that sql begins with.
func blockComment(sql string) int {
	if !strings.HasPrefix(sql, "/*") {
		return 0
	}
	depth := 0
	for i := 0; i+1 < len(sql); i++ {
		switch sql[i : i+2] {
		case "/*":
			depth++
			i++
		case "*/":
			depth--
			i++
		}
		if depth == 0 {
			return i + 1
		}
	}
	return len(sql)
}

// normalise drops comments and makes all white space outside of quotes one space.
func normalise(sql string) string {
	var b strings.Builder
	pending := false
	for _, t := range tokens(sql) {
		if t.kind == space {
			pending = true
			continue
		}
		if pending && b.Len() > 0 {
			b.WriteByte(' ')
		}
		pending = false
		b.WriteString(t.text)
	}
	return b.String()
}

// split cuts at the semicolons outside of quotes, and normalises.
func split(sql string) []string {
	var all []string
	var b strings.Builder
	add := func() {
		if one := normalise(b.String()); one != "" {
			all = append(all, one)
		}
		b.Reset()
	}
	for _, t := range tokens(sql) {
		if t.kind == special && t.text == ";" {
			add()
			continue
		}
		b.WriteString(t.text)
	}
	add()
	return all
}

// literal makes a value a quoted string of SQL.
func literal(value string) string {
	if strings.Contains(value, `\`) {
		return "E'" + strings.ReplaceAll(strings.ReplaceAll(value, `\`, `\\`), "'", "''") + "'"
	}
	return "'" + strings.ReplaceAll(value, "'", "''") + "'"
}
