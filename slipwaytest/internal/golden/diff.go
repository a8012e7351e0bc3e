package golden

import (
	"fmt"
	"slices"
	"strings"
)

const (
	diffContext = 3       // lines that are the same, around a change
	maxShown    = 120     // lines of a difference that a person reads
	maxTable    = 4 << 20 // cells; with more, what differs is shown as one block
)

// diff shows how b differs from a, line by line.
func diff(a, b string) string {
	edits := compare(lines(a), lines(b))
	var out strings.Builder
	shown, last := 0, -1
	for i, e := range edits {
		if !nearChange(edits, i) {
			continue
		}
		if shown == maxShown {
			fmt.Fprintf(&out, "  … and more\n")
			break
		}
		if i != last+1 {
			out.WriteString("  …\n")
		}
		out.WriteString(e.String())
		shown, last = shown+1, i
	}
	return out.String()
}

// An edit is a line of the difference: kept ' ', removed '-' or added '+'.
type edit struct {
	mark byte
	line string
}

// String returns the line as it is shown.
func (e edit) String() string {
	text, whole := strings.CutSuffix(e.line, "\n")
	if !whole {
		text += " (without a newline)"
	}
	return strings.TrimRight(string(e.mark)+" "+text, " ") + "\n"
}

func lines(s string) []string {
	all := strings.SplitAfter(s, "\n")
	if all[len(all)-1] == "" {
		return all[:len(all)-1]
	}
	return all
}

func nearChange(edits []edit, i int) bool {
	for j := max(0, i-diffContext); j <= min(len(edits)-1, i+diffContext); j++ {
		if edits[j].mark != ' ' {
			return true
		}
	}
	return false
}

// compare returns the edits that make b of a, with as many lines kept as can be.
func compare(a, b []string) []edit {
	head := same(len(a), len(b), func(i int) bool { return a[i] == b[i] })
	tail := same(len(a)-head, len(b)-head, func(i int) bool { return a[len(a)-1-i] == b[len(b)-1-i] })
	edits := kept(a[:head])
	edits = append(edits, between(a[head:len(a)-tail], b[head:len(b)-tail])...)
	return append(edits, kept(a[len(a)-tail:])...)
}

// same counts the lines that are the same, up to the first that is not.
func same(a, b int, equal func(i int) bool) int {
	n := 0
	for n < min(a, b) && equal(n) {
		n++
	}
	return n
}

func kept(lines []string) []edit {
	edits := make([]edit, len(lines))
	for i, l := range lines {
		edits[i] = edit{' ', l}
	}
	return edits
}

// between compares by the longest common subsequence.
func between(a, b []string) []edit {
	var keep func(i, j int) int // lines that a[i:] and b[j:] have in common
	if len(a)*len(b) <= maxTable {
		keep = common(a, b)
	}
	var edits []edit
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case keep != nil && i < len(a) && j < len(b) && a[i] == b[j]:
			edits = append(edits, edit{' ', a[i]})
			i, j = i+1, j+1
		case i < len(a) && (keep == nil || j == len(b) || keep(i+1, j) >= keep(i, j+1)):
			edits = append(edits, edit{'-', a[i]})
			i++
		default:
			edits = append(edits, edit{'+', b[j]})
			j++
		}
	}
	return edits
}

func common(a, b []string) func(i, j int) int {
	width := len(b) + 1
	table := make([]int32, (len(a)+1)*width)
	for i, x := range slices.Backward(a) {
		for j, y := range slices.Backward(b) {
			if x == y {
				table[i*width+j] = table[(i+1)*width+j+1] + 1
			} else {
				table[i*width+j] = max(table[(i+1)*width+j], table[i*width+j+1])
			}
		}
	}
	return func(i, j int) int { return int(table[i*width+j]) }
}
