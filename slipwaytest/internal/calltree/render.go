package calltree

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/slipway-go/slipway/internal/treetext"
	"github.com/slipway-go/slipway/telemetry"
)

const (
	width     = 100 // columns of a line
	leastName = 30  // columns of it that the name may always take
	mostBy    = 40
	labelled  = 7 // columns of what stands before the name
	maxWraps  = 4 // lines of one text
	maxLines  = 400
)

// String draws all that happened. It may be called at any time, also again.
func (r *Recorder) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	d := r.drawing()
	d.Trees(fold(r.tree(), true))
	if len(r.dropped) > 0 {
		var kinds []string
		for _, kind := range slices.Sorted(maps.Keys(r.dropped)) {
			kinds = append(kinds, fmt.Sprintf("%d %s", r.dropped[kind], kind))
		}
		d.Line(fmt.Sprintf("… and after the first %d entries: %s", MaxEntries, strings.Join(kinds, ", ")))
	}
	return d.String()
}

// Branch draws what the request whose own span it is did.
func (r *Recorder) Branch(span telemetry.SpanContext) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	d := r.drawing()
	d.Trees(fold(slices.DeleteFunc(r.tree(), func(n *node) bool { return n.Span.SpanID != span.SpanID }), true))
	return d.String()
}

// longIDs are identifiers of which the first digits tell enough.
var longIDs = regexp.MustCompile(`\b([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f-]{22}\b`)

// drawing returns an empty one.
func (r *Recorder) drawing() *treetext.Drawing[*node] {
	return &treetext.Drawing[*node]{
		Width: width, MaxLines: maxLines, Hang: labelled, // what runs on stands under the name
		Text:  func(n *node, width int) []string { return n.text(&r.redactor, width) },
		Below: func(n *node) []*node { return n.below },
	}
}

// text returns the lines of a node without what leads to it.
func (n *node) text(redactor *telemetry.Redactor, width int) []string {
	label := ""
	if n.Kind != Request {
		label = fmt.Sprintf("%-5s  ", n.Kind)
	}
	facts := n.facts()
	room := max(leastName, width-treetext.Columns(label)-treetext.Columns(facts))
	if n.Kind == Warn || n.Kind == Error {
		lines := treetext.Wrap(redactor.String(treetext.OneLine(n.Name)), room, maxWraps)
		lines[0] = label + lines[0] + facts
		return lines
	}
	name := redactor.String(n.Name)
	if n.Kind == SQL {
		name = treetext.SQL(name, room)
	}
	lines := []string{label + treetext.Cut(treetext.OneLine(name), room) + facts}
	if n.outcome.Err != "" {
		return append(lines, treetext.Wrap("failed: "+redactor.String(treetext.OneLine(n.outcome.Err)), width-labelled, maxWraps)...)
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
		add(treetext.Plural(*n.outcome.Rows, "row"))
	}
	for _, note := range n.notes {
		add(note)
	}
	switch {
	case !n.ended:
		add("not ended")
	case !n.momentary:
		add(treetext.Duration(n.took))
	}
	if n.times > 1 {
		add(treetext.Times(n.times, n.within == nil && (n.Kind == SQL || n.Kind == Call)))
	}
	if n.By != "" {
		add("by " + treetext.Cut(longIDs.ReplaceAllString(n.By, "$1…"), mostBy))
	}
	return strings.Join(facts, "")
}
