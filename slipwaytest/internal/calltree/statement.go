package calltree

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// oneLine returns a text without what breaks or widens a line.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// columns returns how many columns of a terminal a text takes.
func columns(text string) int { return utf8.RuneCountInString(text) }

// cut returns as much of the text as fits, and tells that it is not all.
func cut(text string, width int) string {
	if columns(text) <= width {
		return text
	}
	return strings.TrimRight(string([]rune(text)[:max(0, width-1)]), " ") + "…"
}

var (
	selectList = regexp.MustCompile(`(?i)^(SELECT(?: DISTINCT)?) .*? (FROM )`)
	innermost  = regexp.MustCompile(`\([^()]{9,}\)`)
)

// shorten returns a statement in one line of a width, what says least left out
// first: the list of what is selected, then lists in parentheses, then the end.
func shorten(sql string, width int) string {
	sql = oneLine(withoutComments(sql))
	if columns(sql) > width && strings.Count(selectList.FindString(sql), "(") == strings.Count(selectList.FindString(sql), ")") {
		sql = selectList.ReplaceAllString(sql, "$1 … $2")
	}
	if columns(sql) > width {
		sql = innermost.ReplaceAllString(sql, "(…)")
	}
	return cut(sql, width)
}

// withoutComments drops the comments that end with a line, since the line does
// not end any more. Two dashes inside of a text are none.
func withoutComments(sql string) string {
	lines := strings.Split(sql, "\n")
	for i, line := range lines {
		if code, _, ok := strings.Cut(line, "--"); ok && strings.Count(code, "'")%2 == 0 {
			lines[i] = code
		}
	}
	return strings.Join(lines, "\n")
}

// wrap returns the text in lines of a width, at most as many.
func wrap(text string, width, most int) []string {
	var lines []string
	for len(lines) < most-1 && columns(text) > width {
		head := string([]rune(text)[:width])
		if at := strings.LastIndexByte(head, ' '); at > 0 {
			head = head[:at]
		}
		lines = append(lines, head)
		text = strings.TrimLeft(text[len(head):], " ")
	}
	return append(lines, cut(text, width))
}
