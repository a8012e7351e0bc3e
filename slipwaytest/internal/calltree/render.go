package calltree

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/slipway-go/slipway/telemetry"
)

const (
	width     = 100 // columns of a line
	leastName = 30  // columns of it that the name may always take
	mostBy    = 40
	labelled  = 7 // columns of what stands before the name
	maxWraps  = 4 // lines of one text
	maxLines  = 400
	// suspicious is how often the same is done before one loop must be suspected.
	suspicious = 3
)

// String draws all that happened. It may be called at any time, also again.
func (r *Recorder) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	d := drawing{redactor: &r.redactor}
	d.roots(r.tree())
	if len(r.dropped) > 0 {
		var kinds []string
		for _, kind := range slices.Sorted(maps.Keys(r.dropped)) {
			kinds = append(kinds, fmt.Sprintf("%d %s", r.dropped[kind], kind))
		}
		d.write(fmt.Sprintf("… and after the first %d entries: %s", MaxEntries, strings.Join(kinds, ", ")))
	}
	return d.String()
}

// Branch draws what the request whose own span it is did.
func (r *Recorder) Branch(span telemetry.SpanContext) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	d := drawing{redactor: &r.redactor}
	d.roots(slices.DeleteFunc(r.tree(), func(n *node) bool { return n.Span.SpanID != span.SpanID }))
	return d.String()
}

// longIDs are identifiers of which the first digits tell enough.
var longIDs = regexp.MustCompile(`\b([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f-]{22}\b`)

// A drawing is a tree as text.
type drawing struct {
	strings.Builder
	redactor *telemetry.Redactor
	lines    int
	left     int // entries for which there was no room
}

func (d *drawing) roots(roots []*node) {
	for _, n := range fold(roots, true) {
		d.node(n, "", "")
	}
	if d.left > 0 {
		d.write(fmt.Sprintf("… and %d more", d.left))
	}
}

// node draws a node behind lead, and what is below it behind indent.
func (d *drawing) node(n *node, lead, indent string) {
	if d.lines >= maxLines {
		d.left += n.size()
		return
	}
	below := indent + "       " // what runs on stands under the name
	if len(n.below) > 0 {
		below = indent + "│      "
	}
	for i, line := range d.text(n, width-columns(lead)) {
		if i == 0 {
			d.write(lead + line)
		} else {
			d.write(below + line)
		}
	}
	for i, child := range n.below {
		if i < len(n.below)-1 {
			d.node(child, indent+"├─ ", indent+"│  ")
		} else {
			d.node(child, indent+"└─ ", indent+"   ")
		}
	}
}

func (d *drawing) write(line string) {
	d.lines++
	d.WriteString(strings.TrimRight(line, " "))
	d.WriteByte('\n')
}

func (n *node) size() int {
	size := 1
	for _, child := range n.below {
		size += child.size()
	}
	return size
}

// text returns the lines of a node without what leads to it.
func (d *drawing) text(n *node, width int) []string {
	label := ""
	if n.Kind != Request {
		label = fmt.Sprintf("%-5s  ", n.Kind)
	}
	facts := n.facts()
	room := max(leastName, width-columns(label)-columns(facts))
	if n.Kind == Warn || n.Kind == Error {
		lines := wrap(d.redactor.String(oneLine(n.Name)), room, maxWraps)
		lines[0] = label + lines[0] + facts
		return lines
	}
	name := d.redactor.String(n.Name)
	if n.Kind == SQL {
		name = shorten(name, room)
	}
	lines := []string{label + cut(oneLine(name), room) + facts}
	if n.outcome.Err != "" {
		return append(lines, wrap("failed: "+d.redactor.String(oneLine(n.outcome.Err)), width-labelled, maxWraps)...)
	}
	return lines
}

// facts are what stands behind the name.
func (n *node) facts() string {
	var facts []string
	add := func(fact string) { facts = append(facts, "  "+fact) }
	if n.outcome.Status != 0 {
		add(fmt.Sprint(n.outcome.Status))
	}
	if n.Attempt > 1 {
		add(fmt.Sprintf("attempt %d", n.Attempt))
	}
	if n.outcome.Rows != nil {
		add(plural(*n.outcome.Rows, "row"))
	}
	for _, note := range n.notes {
		add(note)
	}
	switch {
	case !n.ended:
		add("not ended")
	case !n.momentary:
		add(readable(n.took))
	}
	if n.times > 1 {
		add(n.repeated())
	}
	if n.By != "" {
		add("by " + cut(longIDs.ReplaceAllString(n.By, "$1…"), mostBy))
	}
	return strings.Join(facts, "")
}

func (n *node) repeated() string {
	if n.times >= suspicious && n.within == nil && (n.Kind == SQL || n.Kind == Call) {
		return fmt.Sprintf("× %d: an N+1?", n.times)
	}
	return fmt.Sprintf("× %d", n.times)
}
