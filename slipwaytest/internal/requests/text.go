package requests

import (
	"fmt"
	"regexp/syntax"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"pgregory.net/rapid"
)

// oddTexts are what people and machines type, and what code trips over.
var oddTexts = []string{
	"a", "0", "null", "Zoë", "Łódź", "日本語", "עברית", "👩‍👩‍👧 family", "e\u0301", "O'Brien", `say "hi"`, `back\slash`,
	"<script>alert(1)</script>", "'; DROP TABLE x; --", "%00", "100%", "a,b;c", "a\tb\nc", " leading and trailing ", "../../etc/passwd",
	"\u200b", "\u202eright to left", "ﬁ", "İ", "\ufffd", "{}", "[]", "$1", "\U0010ffff",
}

// text draws a string.
func (g *generator) text(s *huma.Schema, at string) (any, error) {
	if s.ContentEncoding == "base64" {
		return g.pick("base64", []string{"c2xpcHdheQ==", "AA==", "////"}), nil
	}
	if values := formats[s.Format]; len(values) > 0 {
		if g.plain {
			return values[0], nil
		}
		return g.formatted(s.Format, values), nil
	}
	if s.Pattern != "" {
		return g.matching(s, at)
	}
	return g.free(bound(s.MinLength, 0), bound(s.MaxLength, -1)), nil
}

func (g *generator) pick(name string, values []string) string {
	if g.plain {
		return values[0]
	}
	return rapid.SampledFrom(values).Draw(g.t, name)
}

// free draws a text of any letters whose length in runes is between the bounds.
func (g *generator) free(least, most int) string {
	if g.plain {
		return strings.Repeat("a", max(least, min(1, upperOr(most, 1))))
	}
	if g.upTo(2) == 0 {
		return fitLength(rapid.SampledFrom(oddTexts).Draw(g.t, "odd"), least, most)
	}
	n := g.textLength(least, most)
	const rest = "the quick brown fox jumps over the lazy dog; "
	if n > 64 {
		return fitLength(strings.Repeat(rest, n/len(rest)+1), n, n)
	}
	return rapid.StringOfN(rapid.RuneFrom(letters), n, n, -1).Draw(g.t, "text")
}

// letters make up most of a text: from every length of UTF-8.
var letters = []rune("abcdefghijklmnopqrstuvwxyzABCXYZ0123456789 .,-_'\"/\\&<>äéßøñĐłŠждшיםعر中文字日本語한글€😀🚀")

// textLength is [generator.length] for texts, which are long more often than lists are.
func (g *generator) textLength(least, most int) int {
	const long = 10_000
	switch g.upTo(11) {
	case 0:
		return least
	case 1:
		if !g.long { // one is enough for a request
			g.long = true
			return upperOr(most, long)
		}
	case 2:
		return upperOr(most, 256)
	}
	return rapid.IntRange(least, max(least, min(least+20, upperOr(most, least+20)))).Draw(g.t, "length")
}

func upperOr(most, otherwise int) int {
	if most < 0 {
		return otherwise
	}
	return most
}

// fitLength cuts a text or repeats its last letter until its length is between
// the bounds.
func fitLength(text string, least, most int) string {
	runes := []rune(text)
	if most >= 0 && len(runes) > most {
		runes = runes[:most]
	}
	for len(runes) < least {
		runes = append(runes, 'x')
	}
	return string(runes)
}

// matching draws a text that matches the schema's pattern and has its length.
func (g *generator) matching(s *huma.Schema, at string) (any, error) {
	re, err := syntax.Parse(s.Pattern, syntax.Perl)
	if err != nil {
		return nil, fmt.Errorf("%s: pattern %q: %w", at, s.Pattern, err)
	}
	least, most := bound(s.MinLength, 0), bound(s.MaxLength, -1)
	repeat := max(1, least)
	if !g.plain {
		repeat = g.textLength(least, upperOr(most, least+32))
	}
	var text string
	for range attempts {
		w := &writer{g: g, repeat: repeat}
		w.write(re)
		text = w.String()
		switch n := utf8.RuneCountInString(text); {
		case n < least:
			repeat = repeat*2 + 1
		case most >= 0 && n > most:
			repeat /= 2
		default:
			return text, nil
		}
	}
	return text, nil // the caller will see that it does not fit
}

// A writer writes a text that an expression matches, with about repeat turns of
// each repetition that has no upper bound.
type writer struct {
	strings.Builder
	g      *generator
	repeat int
}

func (w *writer) write(re *syntax.Regexp) {
	switch re.Op { //nolint:exhaustive // the others match the empty text
	case syntax.OpLiteral:
		w.WriteString(string(re.Rune))
	case syntax.OpCharClass:
		w.WriteRune(w.oneOf(re.Rune))
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		w.WriteRune(w.pick(letters))
	case syntax.OpCapture:
		w.write(re.Sub[0])
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			w.write(sub)
		}
	case syntax.OpAlternate:
		w.write(re.Sub[w.choose(len(re.Sub)-1)])
	case syntax.OpStar:
		w.times(re.Sub[0], 0, -1)
	case syntax.OpPlus:
		w.times(re.Sub[0], 1, -1)
	case syntax.OpQuest:
		w.times(re.Sub[0], 0, 1)
	case syntax.OpRepeat:
		w.times(re.Sub[0], re.Min, re.Max)
	}
}

func (w *writer) times(re *syntax.Regexp, least, most int) {
	for range max(least, min(w.repeat, upperOr(most, w.repeat))) {
		w.write(re)
	}
}

func (w *writer) choose(n int) int {
	if w.g.plain {
		return 0
	}
	return w.g.upTo(n)
}

func (w *writer) pick(runes []rune) rune {
	if w.g.plain {
		return runes[0]
	}
	return rapid.SampledFrom(runes).Draw(w.g.t, "rune")
}

// oneOf draws from a class: a letter for a person when there is one, sometimes
// from the ends of the class.
func (w *writer) oneOf(ranges []rune) rune {
	in := func(c rune) bool {
		for i := 0; i < len(ranges); i += 2 {
			if ranges[i] <= c && c <= ranges[i+1] {
				return true
			}
		}
		return false
	}
	usual := make([]rune, 0, len(letters))
	for _, c := range letters {
		if in(c) {
			usual = append(usual, c)
		}
	}
	if len(usual) > 0 && (w.g.plain || w.g.upTo(3) > 0) {
		return w.pick(usual)
	}
	i := w.choose(len(ranges)/2 - 1)
	c := rapid.SampledFrom([]rune{ranges[2*i], ranges[2*i+1]}).Draw(w.g.t, "end of range")
	if c == 0 || !utf8.ValidRune(c) {
		return max(ranges[2*i+1], 1) // a text without U+0000
	}
	return c
}
