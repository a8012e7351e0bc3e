package traces

import (
	"cmp"
	"slices"

	"github.com/slipway-go/slipway/internal/treetext"
)

// A Summary counts what a trace has done.
type Summary struct {
	Passed []Passed    `json:"passed"` // in the order in which the trace came there
	Calls  []Called    `json:"calls"`  // in the order of the first, as are events and jobs
	SQL    SQLSum      `json:"sql"`
	Events []Happening `json:"events"`
	Jobs   []Happening `json:"jobs"`
}

// Passed is a module of a service at work.
type Passed struct {
	Place   string `json:"place"`
	Service string `json:"service"`
	Module  string `json:"module,omitempty"`
	Spans   int    `json:"spans"`
	// Self is the time in which it did something itself, and neither a neighbour nor a
	// database for it.
	Self Millis `json:"self_ms"`
}

// Called says how often a module has called a neighbour, and for how long.
type Called struct {
	From   string `json:"from"`
	To     string `json:"to"`
	Count  int    `json:"count"` // each attempt
	Failed int    `json:"failed,omitempty"`
	Total  Millis `json:"total_ms"`
}

// SQLSum is all statements together.
type SQLSum struct {
	Count int    `json:"count"`
	Total Millis `json:"total_ms"`
	// Statements are those that differ, what took longest first; the first of them.
	Statements []Statement `json:"statements"`
}

// A Statement is one of SQL.
type Statement struct {
	In    string `json:"in"` // the place
	Text  string `json:"text"`
	Count int    `json:"count"`
	Total Millis `json:"total_ms"`
	// Suspect says that one piece of work has sent it again and again: an N+1?
	Suspect bool `json:"suspect,omitempty"`
}

// A Happening is an event that was emitted or a job that was done.
type Happening struct {
	In     string `json:"in"` // the place
	Name   string `json:"name"`
	Count  int    `json:"count"`
	Failed int    `json:"failed,omitempty"`
	Total  Millis `json:"total_ms"`
}

// maxStatements bounds how many of those that differ are in a summary.
const maxStatements = 50

// A tally keeps one T for each key, in the order of the first.
type tally[K comparable, T any] struct {
	at  map[K]int
	all []T
}

// of returns that of the key, made by first where there is none.
func (t *tally[K, T]) of(key K, first T) *T {
	i, ok := t.at[key]
	if !ok {
		if t.at == nil {
			t.at = map[K]int{}
		}
		i = len(t.all)
		t.at[key], t.all = i, append(t.all, first)
	}
	return &t.all[i]
}

// list is never nil, which would be null in JSON.
func (t *tally[K, T]) list() []T { return append([]T{}, t.all...) }

// key tells apart what is counted.
type key struct{ in, name string }

// sums are a summary in the making.
type sums struct {
	passed     tally[key, Passed]
	calls      tally[key, Called]
	statements tally[key, Statement]
	events     tally[key, Happening]
	jobs       tally[key, Happening]
	repeated   map[repetition]int
	sql        SQLSum
}

// A repetition is a statement of one piece of work.
type repetition struct {
	by        *node
	statement string
}

// summarize counts spans that are in the order in which they began.
func summarize(nodes []*node) Summary {
	s := sums{repeated: map[repetition]int{}}
	for _, n := range nodes {
		s.count(n)
	}
	s.sql.Statements = s.statements.list()
	slices.SortStableFunc(s.sql.Statements, func(a, b Statement) int { return cmp.Compare(b.Total, a.Total) })
	s.sql.Statements = s.sql.Statements[:min(maxStatements, len(s.sql.Statements))]
	return Summary{s.passed.list(), s.calls.list(), s.sql, s.events.list(), s.jobs.list()}
}

func (s *sums) count(n *node) {
	place := n.Place()
	p := s.passed.of(key{n.Service, n.Span.Module}, Passed{Place: place, Service: n.Service, Module: n.Span.Module})
	p.Spans++
	switch n.What {
	case SQL:
		s.countSQL(n)
		return
	case Call:
		c := s.calls.of(key{place, n.Target}, Called{From: place, To: n.Target})
		c.Count++
		c.Failed += one(n.Span.Error != "")
		c.Total += n.Duration
		return
	case Event:
		happened(&s.events, n)
	case Job:
		happened(&s.jobs, n)
	}
	p.Self += n.Self
}

func happened(t *tally[key, Happening], n *node) {
	h := t.of(key{n.Place(), n.Span.Name}, Happening{In: n.Place(), Name: n.Span.Name})
	h.Count++
	h.Failed += one(n.Span.Error != "")
	h.Total += n.Duration
}

func (s *sums) countSQL(n *node) {
	text := cmp.Or(n.Statement, n.Span.Name)
	again := repetition{n.up, text}
	s.repeated[again]++
	s.sql.Count++
	s.sql.Total += n.Duration
	st := s.statements.of(key{n.Place(), text}, Statement{In: n.Place(), Text: text})
	st.Count++
	st.Total += n.Duration
	st.Suspect = st.Suspect || s.repeated[again] >= treetext.Suspicious && !n.isControl()
}

func one(yes bool) int {
	if yes {
		return 1
	}
	return 0
}
