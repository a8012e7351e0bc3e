package slipway

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"
)

// What a command prints may come from anybody who can publish a message or write into a
// table. It must not steer the terminal of whoever looks at it.

// printable returns text as it may be printed: with its lines and tabs, while whatever
// else cannot be seen is shown as a space or �.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || unicode.IsPrint(r):
			return r
		case unicode.IsSpace(r):
			return ' '
		}
		return unicode.ReplacementChar
	}, text)
}

// printableCells keeps a row a row: only its last cell may have several lines, which stay
// in their column.
func printableCells(cells []string) []string {
	row := make([]string, len(cells))
	for i, cell := range cells {
		next := " "
		if i == len(cells)-1 {
			next = "\n" + strings.Repeat("\t", i)
		}
		row[i] = strings.NewReplacer("\t", " ", "\n", next).Replace(printable(cell))
	}
	return row
}

// printableJSON escapes what JSON allows to be written as it is.
func printableJSON(text []byte) []byte {
	var b bytes.Buffer
	for _, r := range string(text) {
		if r == '\n' || unicode.IsPrint(r) { // it is indented by spaces
			b.WriteRune(r)
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&b, `\u%04x`, unit)
		}
	}
	return b.Bytes()
}
