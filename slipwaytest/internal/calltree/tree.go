package calltree

import (
	"fmt"
	"strings"
)

// A node is a line of the tree: one entry, or several that are equal.
type node struct {
	Entry
	below []*node
	times int
}

// tree hangs the entries below each other; the roots have no parent.
func (r *Recorder) tree() (roots []*node) {
	nodes := make([]*node, len(r.entries))
	requests := map[[16]byte]int{} // trace → its request
	for i, e := range r.entries {
		nodes[i] = &node{Entry: e, times: 1}
		if e.Kind == Request {
			requests[e.Span.TraceID] = i
		}
	}
	for i, n := range nodes {
		if p := r.parentOf(i, requests); p >= 0 {
			nodes[p].below = append(nodes[p].below, n)
		} else {
			roots = append(roots, n)
		}
	}
	return roots
}

// maxClimb bounds the way up; a trace that a test made up may lead in a circle.
const maxClimb = 64

// parentOf returns the entry below which entry i hangs, or -1.
func (r *Recorder) parentOf(i int, requests map[[16]byte]int) int {
	e := r.entries[i]
	if e.within != nil {
		return *e.within
	}
	if e.Kind == Request || e.In.TraceID == [16]byte{} {
		return -1
	}
	span := e.In.SpanID
	for range maxClimb {
		if p, ok := r.owners[span]; ok && p < i {
			return p
		}
		up, ok := r.parents[span]
		if !ok {
			break
		}
		span = up
	}
	if p, ok := requests[e.In.TraceID]; ok && p < i {
		return p
	}
	return -1
}

// fold makes one node of equal ones. Requests are folded where they follow each
// other, since the order of a test's steps tells something.
func fold(nodes []*node, top bool) (folded []*node) {
	at := map[string]*node{}
	for _, n := range nodes {
		n.below = fold(n.below, false)
		key := n.key()
		if first := at[key]; first != nil && (!top || first == folded[len(folded)-1]) {
			first.add(n)
			continue
		}
		at[key] = n
		folded = append(folded, n)
	}
	return folded
}

// key is equal for nodes that one line can stand for: those without branches.
// A fetch from the SSO is like any other that went well.
func (n *node) key() string {
	if len(n.below) > 0 || !n.ended {
		return fmt.Sprintf("%p", n)
	}
	name := n.Name
	if n.isFetch() {
		name = ""
	}
	return fmt.Sprint(n.Kind, "\x00", name, "\x00", n.By, "\x00", n.Attempt, n.outcome.Status, n.outcome.Err, "\x00", strings.Join(n.notes, "\x00"))
}

func (n *node) add(o *node) {
	n.times++
	n.took += o.took
	if n.Name != o.Name {
		n.Name = "tokens and keys"
	}
	if o.outcome.Rows != nil && n.outcome.Rows != nil {
		n.outcome.Rows = new(*n.outcome.Rows + *o.outcome.Rows)
	}
}

// isFetch tells a fetch of which nothing is to be said.
func (n *node) isFetch() bool { return n.Kind == SSO && n.outcome.Err == "" && n.outcome.Status < 400 }
