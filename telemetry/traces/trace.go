package traces

import (
	"cmp"
	"encoding/hex"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slipway-go/slipway/telemetry"
)

// Millis is a time that is a number of milliseconds in JSON.
type Millis time.Duration

// MarshalJSON implements json.Marshaler.
func (m Millis) MarshalJSON() ([]byte, error) {
	return strconv.AppendFloat(nil, float64(time.Duration(m).Microseconds())/1000, 'f', -1, 64), nil
}

// UnmarshalJSON implements json.Unmarshaler.
func (m *Millis) UnmarshalJSON(b []byte) error {
	ms, err := strconv.ParseFloat(string(b), 64)
	*m = Millis(ms * float64(time.Millisecond))
	return err //nolint:wrapcheck // encoding/json says where
}

// A Header says of a trace what a list does.
type Header struct {
	ID       string    `json:"trace_id"`
	Name     string    `json:"name"`
	Began    time.Time `json:"began"`
	Duration Millis    `json:"duration_ms"` // of the span with which it begins
	Until    Millis    `json:"until_ms"`    // the end of all that came of it, since it began
	Status   int       `json:"status,omitempty"`
	Failed   bool      `json:"failed"`
	Spans    int       `json:"spans"`
	Dropped  int       `json:"spans_dropped,omitempty"`
	Passed   []string  `json:"passed"` // services and modules in order
}

// A Trace is one as a tree.
type Trace struct {
	Header

	Summary Summary `json:"summary"`
	Roots   []*Span `json:"roots"`
}

// A Span is a piece of work in a tree.
type Span struct {
	ID         string            `json:"span_id"`
	Parent     string            `json:"parent_id,omitempty"`
	Orphan     bool              `json:"parent_missing,omitempty"`
	What       What              `json:"what"`
	Service    string            `json:"service"`
	Module     string            `json:"module,omitempty"`
	Kind       string            `json:"kind"`
	Name       string            `json:"name"`
	Target     string            `json:"target,omitempty"`    // of a call
	Statement  string            `json:"statement,omitempty"` // of SQL
	Began      Millis            `json:"began_ms"`            // since the trace began
	Duration   Millis            `json:"duration_ms"`
	Self       Millis            `json:"self_ms"` // without what is below
	Status     int               `json:"status,omitempty"`
	Attempt    int               `json:"attempt,omitempty"`
	Error      string            `json:"error,omitempty"`
	Links      []Link            `json:"links,omitempty"`
	Attributes map[string]string `json:"attributes,omitempty"`
	Below      []*Span           `json:"spans,omitempty"`
}

// A Link names a span that led to another, beside its parent.
type Link struct {
	TraceID string `json:"trace_id"`
	SpanID  string `json:"span_id"`
}

// What is the sort of work that a span is.
type What string

// What there is.
const (
	Request What = "request" // is answered
	Call    What = "call"    // of a neighbour, or of somebody else
	SQL     What = "sql"
	Event   What = "event" // is emitted, or work enqueued
	Job     What = "job"   // is done, or an event taken
	Work    What = "work"  // within a process, such as what a schedule or a relay does
)

// A node is a span before it is shown.
type node struct {
	*span
	*Span

	below []*node
	up    *node
}

// trace makes a tree of what has come.
func (f found) trace() *Trace {
	nodes := nodesOf(unique(f.parts))
	t := &Trace{Header: Header{ID: hex.EncodeToString(f.id[:]), Spans: len(nodes), Dropped: f.dropped, Passed: []string{}}}
	if len(nodes) == 0 {
		return t
	}
	roots := hang(nodes)
	began := nodes[0].Start
	for _, n := range nodes {
		t.Dropped += n.left()
		n.finish(began)
		t.Until = max(t.Until, n.Began+n.Duration)
		t.Failed = t.Failed || n.isFailure()
	}
	root := roots[0]
	t.Name, t.Began, t.Duration, t.Status = root.Span.Name, began, root.Duration, root.Status
	t.Summary = summarize(nodes)
	for _, p := range t.Summary.Passed {
		t.Passed = append(t.Passed, p.Place)
	}
	for _, r := range roots {
		t.Roots = append(t.Roots, r.Span)
	}
	return t
}

// nodesOf returns the spans in the order in which they began.
func nodesOf(spans []span) []*node {
	nodes := make([]*node, len(spans))
	for i := range spans {
		nodes[i] = &node{span: &spans[i], Span: shown(&spans[i])}
	}
	slices.SortStableFunc(nodes, func(a, b *node) int {
		return cmp.Or(a.Start.Compare(b.Start), b.End.Compare(a.End))
	})
	return nodes
}

// hang hangs the spans below each other and returns the roots, the one with which the
// trace begins first. What hangs below nothing that is known hangs below that one, unless
// it is as much of a beginning: it began by itself, or came from the same caller.
func hang(nodes []*node) []*node {
	byID := map[[8]byte]*node{}
	for _, n := range nodes {
		byID[n.SpanID] = n
	}
	for _, n := range nodes {
		n.up = byID[n.span.Parent]
	}
	cutCircles(nodes)
	root := beginning(nodes)
	roots := []*node{root}
	for _, n := range nodes {
		switch {
		case n == root:
		case n.up == nil && (n.span.Parent == [8]byte{} || n.span.Parent == root.span.Parent):
			roots = append(roots, n)
		case n.up == nil:
			n.Orphan, n.up = true, root
			root.below = append(root.below, n)
		default:
			n.up.below = append(n.up.below, n)
		}
	}
	return roots
}

// beginning returns the root with which the trace begins: the first without a parent, or
// the first whose parent is not known.
func beginning(nodes []*node) *node {
	var first *node
	for _, n := range nodes {
		switch {
		case n.up != nil:
		case n.span.Parent == [8]byte{}:
			return n
		case first == nil:
			first = n
		}
	}
	return first
}

// cutCircles makes a root of one of those that lead to each other: nobody made them by work.
func cutCircles(nodes []*node) {
	good := map[*node]bool{}
	for _, n := range nodes {
		way := map[*node]bool{}
		at := n
		for at != nil && !good[at] && !way[at] {
			way[at] = true
			at = at.up
		}
		if at != nil && way[at] { // back where it was
			at.up = nil
		}
		for passed := range way {
			good[passed] = true
		}
	}
}

// shown is what needs no other span to be known.
func shown(s *span) *Span {
	v := &Span{
		ID: s.SpanIDString(), Service: s.Service, Module: s.Module, Kind: s.Kind.String(), Name: s.Name,
		Duration: Millis(max(0, s.End.Sub(s.Start))), Error: s.Error, Attributes: map[string]string{},
	}
	if s.Parent != [8]byte{} {
		v.Parent = hex.EncodeToString(s.Parent[:])
	}
	for _, l := range s.Links {
		v.Links = append(v.Links, Link{l.TraceIDString(), l.SpanIDString()})
	}
	for _, a := range s.Attrs {
		v.note(a)
	}
	v.What = v.what(s.Kind)
	return v
}

// note takes what is shown in a place of its own.
func (v *Span) note(a slog.Attr) {
	text := a.Value.String()
	v.Attributes[a.Key] = text
	switch a.Key {
	case telemetry.HTTPResponseStatusCode:
		v.Status, _ = strconv.Atoi(text)
	case telemetry.Attempt:
		v.Attempt, _ = strconv.Atoi(text)
	case "http.request.resend_count":
		n, _ := strconv.Atoi(text)
		v.Attempt = n + 1
	case telemetry.Target:
		v.Target = text
	case "peer.service", "service.peer.name", "server.address":
		v.Target = cmp.Or(v.Target, text)
	case "db.query.text", "db.statement":
		v.Statement = text
	}
}

func (v *Span) what(k telemetry.Kind) What {
	switch k {
	case telemetry.Server:
		return Request
	case telemetry.Producer:
		if v.Attributes[telemetry.MessagingOperation] == "send" || strings.HasPrefix(v.Name, "schedule ") {
			return Work
		}
		return Event
	case telemetry.Consumer:
		if v.Attributes[telemetry.MessagingOperation] == "receive" {
			return Work
		}
		return Job
	case telemetry.Client:
		if v.isSQL() {
			return SQL
		}
		return Call
	default:
		return Work
	}
}

func (v *Span) isSQL() bool {
	return v.Statement != "" || v.Attributes["db.system.name"] != "" || v.Attributes["db.system"] != ""
}

// left is how many spans its process had no room for.
func (v *Span) left() int {
	n, _ := strconv.Atoi(v.Attributes[telemetry.SpansDropped])
	return max(0, n)
}

// isControl finds the beginnings and ends of transactions, of which there may be many.
func (v *Span) isControl() bool {
	return slices.Contains([]string{"BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE"}, v.Attributes["db.operation.name"])
}

// finish tells what the spans around it say of it.
func (n *node) finish(began time.Time) {
	n.Began = Millis(n.Start.Sub(began))
	n.Self = Millis(n.own())
	for _, b := range n.below {
		n.Below = append(n.Below, b.Span)
		if n.What == Call && n.Target == "" && b.What == Request {
			n.Target = cmp.Or(b.Span.Module, b.Service)
		}
	}
}

// own is the time in which nothing below was at work; below is in the order of beginnings.
func (n *node) own() time.Duration {
	own, until := n.End.Sub(n.Start), n.Start
	for _, b := range n.below {
		from, to := later(b.Start, until), earlier(b.End, n.End)
		if to.After(from) {
			own -= to.Sub(from)
			until = to
		}
	}
	return max(0, own)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// Place is where the work is done: the service, and the module unless the service is called like it.
func (v *Span) Place() string {
	switch {
	case v.Module == "" || v.Module == v.Service || hasEnd(v.Service, "-"+v.Module):
		return v.Service
	case v.Service == "":
		return v.Module
	}
	return v.Service + "/" + v.Module
}

func hasEnd(s, end string) bool { return len(s) > len(end) && s[len(s)-len(end):] == end }

// attributeNames are in order.
func (v *Span) attributeNames() []string { return slices.Sorted(maps.Keys(v.Attributes)) }
