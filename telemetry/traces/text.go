package traces

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/slipway-go/slipway/internal/treetext"
)

// Text says how a trace is written for a terminal.
type Text struct {
	// Width is that of a line in columns, as far as it can be kept. Default: 120.
	Width int
	// Color has what failed stand out.
	Color bool
}

// Columns and lines of a tree.
const (
	defaultWidth = 120
	narrowest    = 40
	leastTitle   = 24 // columns that the name of a span may always take
	maxLines     = 2000
	maxWraps     = 4 // lines of an error
	hanging      = 3
	timeColumn   = 9
)

// Write writes the tree and what it comes to.
func (x Text) Write(w io.Writer, t *Trace) error {
	x.Width = max(narrowest, cmp.Or(x.Width, defaultWidth))
	_, err := io.WriteString(w, x.head(t)+x.tree(t)+x.summary(t))
	return err //nolint:wrapcheck // of whoever listens
}

func (x Text) head(t *Trace) string {
	var b strings.Builder
	b.WriteString(treetext.OneLine(t.Name))
	if t.Status != 0 {
		fmt.Fprintf(&b, "  %d", t.Status)
	}
	b.WriteString("  " + t.Duration.String())
	if t.Failed {
		b.WriteString("  " + x.red("failed"))
	}
	fmt.Fprintf(&b, "\ntrace %s, began %s, %s", t.ID, t.Began.UTC().Format("2006-01-02 15:04:05.000 UTC"), treetext.Plural(int64(t.Spans), "span"))
	if t.Dropped > 0 {
		fmt.Fprintf(&b, " and %d for which there was no room", t.Dropped)
	}
	if t.Until > t.Duration {
		fmt.Fprintf(&b, ", all done after %s", t.Until)
	}
	return b.String() + "\n\n"
}

func (x Text) tree(t *Trace) string {
	bar := x.bar()
	d := treetext.Drawing[*row]{
		Width: x.Width, MaxLines: maxLines, Hang: hanging,
		Text:   func(r *row, width int) []string { return r.lines(t.ID, width) },
		Below:  func(r *row) []*row { return r.below },
		Margin: func(r *row, first bool) string { return r.margin(bar, first) },
		Paint:  x.paint,
	}
	d.Line(fmt.Sprintf("%*s%*s", timeColumn, "after", timeColumn+1, "took"))
	d.Trees(t.rows())
	return d.String()
}

// bar is how many columns there are for the bar.
func (x Text) bar() int {
	const wide, middle = 100, 76
	switch {
	case x.Width >= wide:
		return 20
	case x.Width >= middle:
		return 10
	}
	return 0
}

func (x Text) paint(r *row, line string) string {
	if r.Error == "" {
		return line
	}
	return x.red(line)
}

func (x Text) red(text string) string {
	if !x.Color {
		return text
	}
	return "\x1b[31m" + text + "\x1b[0m"
}

// margin is when the work began, how long it took, and a bar that shows both.
func (r *row) margin(bar int, first bool) string {
	if !first {
		return strings.Repeat(" ", 2*timeColumn+1+r.barColumns(bar)+2)
	}
	m := fmt.Sprintf("%*s%*s", timeColumn, r.Began, timeColumn+1, treetext.Duration(r.total))
	if bar > 0 {
		m += " " + r.draw(bar)
	}
	return m + "  "
}

func (r *row) barColumns(bar int) int {
	if bar == 0 {
		return 0
	}
	return bar + 3
}

// draw draws the bar; it is at least one column long.
func (r *row) draw(columns int) string {
	from, length := r.share()
	at := min(int(from*float64(columns)), columns-1)
	long := max(1, min(int(length*float64(columns)+0.5), columns-at))
	return "│" + strings.Repeat(" ", at) + strings.Repeat("█", long) + strings.Repeat(" ", columns-at-long) + "│"
}

// lines are what stands behind the branches.
func (r *row) lines(trace string, width int) []string {
	head, tail := r.head(), r.tail(trace)
	room := max(leastTitle, width-treetext.Columns(head)-treetext.Columns(tail))
	title := treetext.Cut(treetext.OneLine(r.title()), room)
	if r.What == SQL {
		title = treetext.SQL(r.title(), room)
	}
	lines := []string{head + title + tail}
	if r.Error != "" {
		return append(lines, treetext.Wrap("failed: "+treetext.OneLine(r.Error), max(leastTitle, width-hanging), maxWraps)...)
	}
	return lines
}

// head is what stands in front of the title.
func (r *row) head() string {
	var b strings.Builder
	for _, part := range []string{r.place, r.label()} {
		if part != "" {
			b.WriteString(treetext.OneLine(part) + "  ")
		}
	}
	return b.String()
}

// tail is what stands behind it.
func (r *row) tail(trace string) string {
	var b strings.Builder
	for _, f := range r.facts() {
		b.WriteString("  " + f)
	}
	for _, id := range r.others(trace) {
		b.WriteString("  linked to " + id)
	}
	return b.String()
}

const (
	maxTold        = 10 // statements that the summary tells
	summaryColumns = 56 // what stands in front of them there
)

func (x Text) summary(t *Trace) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	line := func(cells ...string) {
		for i, c := range cells {
			cells[i] = treetext.OneLine(c)
		}
		_, _ = fmt.Fprintln(w, strings.TrimRight(strings.Join(cells, "\t"), "\t"))
	}
	s := &t.Summary
	line()
	for i, p := range s.Passed {
		line(heading(i, "Passed"), p.Place, p.Self.String()+" of its own", "")
	}
	for i, c := range s.Calls {
		line(heading(i, "Calls"), c.From+" → "+cmp.Or(c.To, "?"), c.Total.String(), treetext.Plural(int64(c.Count), "call")+failures(c.Failed))
	}
	for i, h := range s.Events {
		line(heading(i, "Events"), h.In, "", counted(h))
	}
	for i, h := range s.Jobs {
		line(heading(i, "Jobs"), h.In, h.Total.String(), counted(h))
	}
	if s.SQL.Count > 0 {
		line("SQL", treetext.Plural(int64(s.SQL.Count), "statement"), s.SQL.Total.String(), "")
	}
	for _, st := range s.SQL.Statements[:min(maxTold, len(s.SQL.Statements))] {
		line("", st.In, st.Total.String(), treetext.Times(st.Count, st.Suspect), treetext.SQL(st.Text, max(leastTitle, x.Width-summaryColumns)))
	}
	if more := len(s.SQL.Statements) - maxTold; more > 0 {
		line("", fmt.Sprintf("… and %d others", more))
	}
	_ = w.Flush() // to memory
	return b.String()
}

func heading(i int, text string) string {
	if i > 0 {
		return ""
	}
	return text
}

func failures(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(", %d failed", n)
}

// counted names what happened, and how often if not once.
func counted(h Happening) string {
	name := strings.TrimPrefix(strings.TrimPrefix(h.Name, "job "), "emit ")
	if h.Count > 1 {
		name += "  " + treetext.Times(h.Count, false)
	}
	return name + failures(h.Failed)
}

// String returns the time as a person reads it.
func (m Millis) String() string {
	if m == 0 {
		return "0.0 ms"
	}
	return treetext.Duration(time.Duration(m))
}

// WriteList writes a line for each trace.
func (x Text) WriteList(w io.Writer, rows []Header) error {
	if len(rows) == 0 {
		_, err := fmt.Fprintln(w, NothingKept)
		return err //nolint:wrapcheck // of whoever listens
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "BEGAN\tTRACE\tTOOK\tSPANS\tSTATUS\tNAME\tPASSED") // Flush says
	for i := range rows {
		h := &rows[i]
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%d\t%s\t%s\t%s\n", h.Began.UTC().Format("15:04:05.000"), h.ID, h.Duration, h.Spans, h.outcome(),
			treetext.OneLine(h.Name), treetext.OneLine(strings.Join(h.Passed, " → ")))
	}
	return table.Flush() //nolint:wrapcheck // of whoever listens
}

// NothingKept says why a list is empty.
const NothingKept = "No trace is kept here that is like this: ask the product something, or ask for others."

func (h *Header) outcome() string {
	switch {
	case h.Failed && h.Status != 0:
		return fmt.Sprintf("%d failed", h.Status)
	case h.Failed:
		return "failed"
	case h.Status != 0:
		return fmt.Sprint(h.Status)
	}
	return "-"
}
