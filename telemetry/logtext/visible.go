package logtext

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// visible returns text of which nothing steers a terminal: what cannot be seen stands there
// escaped. Tabs stay.
func visible(text string) string {
	if !strings.ContainsFunc(text, isHidden) && utf8.ValidString(text) {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, text[i])
		case isHidden(r):
			quoted := strconv.QuoteRuneToASCII(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		default:
			b.WriteRune(r)
		}
		i += size
	}
	return b.String()
}

func isHidden(r rune) bool { return r != '\t' && !unicode.IsPrint(r) }

// maxValue bounds what is shown of one value, in bytes.
const maxValue = 8 << 10

// cut bounds a text, between letters.
func cut(text string) string {
	if len(text) <= maxValue {
		return text
	}
	end := maxValue
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return fmt.Sprintf("%s… [%d bytes]", text[:end], len(text))
}

// inline returns a value for key=value: quoted where it would not be clear where it ends.
func inline(text string) string {
	if text != "" && (text[0] == '[' || text[0] == '{') && json.Valid([]byte(text)) {
		return visible(cut(text))
	}
	text = cut(text)
	if text == "" || strings.ContainsAny(text, " \t\n\"=") {
		return strconv.Quote(text)
	}
	return visible(text)
}
