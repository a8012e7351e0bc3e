package treetext

import (
	"fmt"
	"strings"
)

// A Drawing is a tree as text. Its methods add to it; String returns it.
type Drawing[N any] struct {
	// Width is that of a line in columns, and MaxLines bounds their number.
	Width, MaxLines int
	// Hang is by how much what runs on stands to the right of a node's first line.
	Hang int
	// Text returns the lines of a node in a width.
	Text func(n N, width int) []string
	// Below returns what hangs below a node.
	Below func(n N) []N
	// Margin returns what stands in front of a node's first line, and of what runs on;
	// always as wide. Nil: nothing does.
	Margin func(n N, first bool) string
	// Paint returns a line of a node with its colours, which take no columns. Nil: it has none.
	Paint func(n N, line string) string

	b     strings.Builder
	lines int
	left  int // nodes for which there was no room
}

// Trees draws each of the roots with all below it.
func (d *Drawing[N]) Trees(roots []N) {
	for _, n := range roots {
		d.node(n, "", "")
	}
	if d.left > 0 {
		d.Line(fmt.Sprintf("… and %d more", d.left))
	}
}

// Line adds a line of other text.
func (d *Drawing[N]) Line(text string) {
	d.lines++
	d.b.WriteString(strings.TrimRight(text, " "))
	d.b.WriteByte('\n')
}

// String returns what was drawn.
func (d *Drawing[N]) String() string { return d.b.String() }

// node draws a node behind lead, and what is below it behind indent.
func (d *Drawing[N]) node(n N, lead, indent string) {
	if d.lines >= d.MaxLines {
		d.left += d.size(n)
		return
	}
	below := d.Below(n)
	d.text(n, lead, indent, len(below) > 0)
	for i, child := range below {
		if i < len(below)-1 {
			d.node(child, indent+"├─ ", indent+"│  ")
		} else {
			d.node(child, indent+"└─ ", indent+"   ")
		}
	}
}

func (d *Drawing[N]) text(n N, lead, indent string, branches bool) {
	trunk := " "
	if branches {
		trunk = "│"
	}
	hang := indent + trunk + strings.Repeat(" ", d.Hang-1)
	margin := d.margin(n, true)
	for i, line := range d.Text(n, d.Width-Columns(margin)-Columns(lead)) {
		if i > 0 {
			margin, lead = d.margin(n, false), hang
		}
		d.Line(d.painted(n, margin+lead+line))
	}
}

func (d *Drawing[N]) margin(n N, first bool) string {
	if d.Margin == nil {
		return ""
	}
	return d.Margin(n, first)
}

func (d *Drawing[N]) painted(n N, line string) string {
	if d.Paint == nil {
		return line
	}
	return d.Paint(n, strings.TrimRight(line, " "))
}

func (d *Drawing[N]) size(n N) int {
	size := 1
	for _, child := range d.Below(n) {
		size += d.size(child)
	}
	return size
}
