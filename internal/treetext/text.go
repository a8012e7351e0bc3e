package treetext

import (
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// OneLine returns a text without what breaks, widens or steers a line.
func OneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return unicode.ReplacementChar
	}, strings.Join(strings.Fields(text), " "))
}

// Columns returns how many columns of a terminal a text takes.
func Columns(text string) int { return utf8.RuneCountInString(text) }

// Cut returns as much of the text as fits, and tells that it is not all.
func Cut(text string, width int) string {
	if Columns(text) <= width {
		return text
	}
	return strings.TrimRight(string([]rune(text)[:max(0, width-1)]), " ") + "…"
}

// Wrap returns the text in lines of a width, at most as many.
func Wrap(text string, width, most int) []string {
	var lines []string
	for len(lines) < most-1 && Columns(text) > width {
		head := string([]rune(text)[:width])
		if at := strings.LastIndexByte(head, ' '); at > 0 {
			head = head[:at]
		}
		lines = append(lines, head)
		text = strings.TrimLeft(text[len(head):], " ")
	}
	return append(lines, Cut(text, width))
}

// Duration returns a time as a person reads it: 14.2 ms.
func Duration(d time.Duration) string {
	ms := float64(d) / float64(time.Millisecond)
	switch {
	case ms < 0.1:
		return "<0.1 ms"
	case ms < 100:
		return fmt.Sprintf("%.1f ms", ms)
	case ms < 10_000:
		return fmt.Sprintf("%.0f ms", ms)
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

// Plural counts: 1 row, 2 rows.
func Plural(n int64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// Suspicious is how often the same is done before one loop must be suspected.
const Suspicious = 3

// Times says that a line stands for several; suspect, where the same should be done once.
func Times(n int, suspect bool) string {
	if suspect && n >= Suspicious {
		return fmt.Sprintf("× %d: an N+1?", n)
	}
	return fmt.Sprintf("× %d", n)
}

var (
	selectList = regexp.MustCompile(`(?i)^(SELECT(?: DISTINCT)?) .*? (FROM )`)
	innermost  = regexp.MustCompile(`\([^()]{9,}\)`)
)

// SQL returns a statement in one line of a width, what says least left out
// first: the list of what is selected, then lists in parentheses, then the end.
func SQL(sql string, width int) string {
	sql = OneLine(withoutComments(sql))
	if Columns(sql) > width && strings.Count(selectList.FindString(sql), "(") == strings.Count(selectList.FindString(sql), ")") {
		sql = selectList.ReplaceAllString(sql, "$1 … $2")
	}
	if Columns(sql) > width {
		sql = innermost.ReplaceAllString(sql, "(…)")
	}
	return Cut(sql, width)
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
