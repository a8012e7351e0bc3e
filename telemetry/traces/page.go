package traces

import (
	"cmp"
	"fmt"
	"net/url"

	"github.com/slipway-go/slipway/internal/treetext"
)

type listPage struct {
	Path  string
	Query url.Values
	Rows  []Header
}

// Asked returns what the person asked for in the form.
func (p listPage) Asked(name string) string { return p.Query.Get(name) }

// Empty says why there is nothing.
func (p listPage) Empty() string { return NothingKept }

// When is the time of day at which the trace began; the date is in [Header.Date].
func (h Header) When() string { return h.Began.UTC().Format("15:04:05.000") }

// Date is when the trace began.
func (h Header) Date() string { return h.Began.UTC().Format("2006-01-02 15:04:05.000 UTC") }

// Outcome is the status, and whether the trace has failed.
func (h Header) Outcome() string { return h.outcome() }

type page struct {
	*Trace

	Path    string
	Lines   []*line
	Painted colors
}

// colors has the number of the colour of each place.
type colors map[string]int

// maxColors is how many there are in the style sheet.
const maxColors = 8

// Of returns that of a place, from 0 on.
func (c colors) Of(place string) int { return c[place] }

func newPage(path string, t *Trace) page {
	p := page{Trace: t, Path: path, Painted: colors{}}
	for i, passed := range t.Summary.Passed {
		p.Painted[passed.Place] = i % maxColors
	}
	p.Lines = p.lines(t.rows())
	return p
}

func (p *page) lines(rows []*row) []*line {
	lines := make([]*line, len(rows))
	for i, r := range rows {
		lines[i] = &line{r, p.ID, p.Path, p.Painted.Of(r.Span.Place()), p.lines(r.below)}
	}
	return lines
}

// A line is a row as the page's template asks for it.
type line struct {
	*row

	Trace string // its id
	Path  string // of the list
	Color int
	Lines []*line
}

// Where is the place, where it is another than that above.
func (l *line) Where() string { return l.place }

// Label is the sort of work.
func (l *line) Label() string { return l.label() }

// Title is what was done.
func (l *line) Title() string {
	const longest = 300
	if l.What == SQL {
		return treetext.SQL(l.title(), longest)
	}
	return treetext.Cut(treetext.OneLine(l.title()), longest)
}

// Facts are what else is known at a glance.
func (l *line) Facts() []string { return l.facts() }

// Linked reports whether another trace led here.
func (l *line) Linked() bool { return len(l.others(l.Trace)) > 0 }

// Times is for how many spans the line stands.
func (l *line) Times() int { return l.times }

// Took is the time of all of them.
func (l *line) Took() string { return treetext.Duration(l.total) }

// From and Long are where the bar begins and how long it is, of 1000.
func (l *line) From() string {
	from, _ := l.share()
	return fmt.Sprintf("%.1f", min(from*1000, 1000-leastBar))
}

const leastBar = 4

// Long is at least as long as one can see.
func (l *line) Long() string {
	_, length := l.share()
	return fmt.Sprintf("%.1f", max(length*1000, leastBar))
}

// An attribute is one of the list below a line.
type attribute struct{ Name, Value string }

// Details are all that is known of the span, or of the first of several.
func (l *line) Details() []attribute {
	all := []attribute{
		{"service", l.Service},
		{"module", l.Module},
		{"kind", l.Kind},
		{"name", l.Name},
		{"own time", l.Self.String()},
		{"span id", l.ID},
		{"parent id", cmp.Or(l.Parent, "none")},
	}
	for _, name := range l.attributeNames() {
		all = append(all, attribute{name, l.Attributes[name]})
	}
	return all
}
