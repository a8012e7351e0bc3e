package calltree

import (
	"sync"
	"time"

	"github.com/slipway-go/slipway/telemetry"
)

// MaxEntries is how many entries a recorder keeps.
const MaxEntries = 2000

// maxLinks bounds what is remembered of spans: two of each entry.
const maxLinks = 2 * MaxEntries

// A Kind says what an entry is.
type Kind string

// The kinds of entries. [Event] and [Job] are for whoever publishes and runs them.
const (
	Request Kind = "request" // of the test's caller
	Call    Kind = "call"    // of a neighbour: one attempt
	SSO     Kind = "sso"     // a fetch of a token or of keys
	SQL     Kind = "sql"
	Batch   Kind = "batch" // of statements, sent at once
	Event   Kind = "event"
	Job     Kind = "job"
	Warn    Kind = "warn"  // a line of the log
	Error   Kind = "error" // a line of the log, or an error that was reported
)

// An Entry is something that happened.
type Entry struct {
	Kind Kind
	// In is the span in which it happened; the zero value is outside of any.
	In telemetry.SpanContext
	// Span is its own, in which other things happen; the zero value is none.
	Span telemetry.SpanContext
	// Name says what it is: a route, a statement, a message.
	Name string
	// By says who did it; it is shown behind all else.
	By string
	// Attempt is that of a call, from 2 on.
	Attempt int

	outcome   Outcome
	notes     []string
	began     time.Time
	took      time.Duration
	ended     bool
	within    *int // the batch that the statement is part of
	momentary bool // it takes no time
}

// An Outcome is how an entry ended. All texts are shown redacted.
type Outcome struct {
	// Status is that of an answer; 0 is none.
	Status int
	// Err says how it failed, or nothing.
	Err string
	// Rows is the number of rows; nil where there is no such number.
	Rows *int64
}

// A Recorder keeps what happened in one test. It is safe for concurrent use.
type Recorder struct {
	redactor telemetry.Redactor

	mu      sync.Mutex
	entries []Entry
	owners  map[[8]byte]int     // span → the entry whose own it is
	parents map[[8]byte][8]byte // span → the span around it
	watches map[[16]byte]*Watch // by trace
	hidden  map[[16]byte]int    // by trace: how much of it is done behind
	dropped map[Kind]int
}

// New returns a recorder.
func New() *Recorder {
	return &Recorder{
		owners: map[[8]byte]int{}, parents: map[[8]byte][8]byte{},
		watches: map[[16]byte]*Watch{}, hidden: map[[16]byte]int{}, dropped: map[Kind]int{},
	}
}

// A Ref is an entry that is to end. The zero value is one that was not kept.
type Ref struct {
	r *Recorder
	i int
}

// Start records that something begins.
func (r *Recorder) Start(e Entry) Ref {
	e.began = time.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.count(e)
	if len(r.entries) == MaxEntries {
		r.dropped[e.Kind]++
		return Ref{}
	}
	r.link(e.In)
	r.link(e.Span)
	if e.Span.Valid() {
		r.owners[e.Span.SpanID] = len(r.entries)
	}
	r.entries = append(r.entries, e)
	return Ref{r, len(r.entries) - 1}
}

// End records how it ended. Only the first end counts.
func (f Ref) End(o Outcome) {
	now := time.Now()
	f.change(func(e *Entry) {
		if !e.ended {
			e.ended, e.outcome, e.took = true, o, now.Sub(e.began)
		}
	})
}

// Note adds a word about the entry.
func (f Ref) Note(text string) {
	f.change(func(e *Entry) { e.notes = append(e.notes, text) })
}

func (f Ref) change(change func(*Entry)) {
	if f.r == nil {
		return
	}
	f.r.mu.Lock()
	defer f.r.mu.Unlock()
	change(&f.r.entries[f.i])
}

// tell records something that takes no time.
func (r *Recorder) tell(e Entry, o Outcome) {
	e.momentary = true
	r.Start(e).End(o)
}

// see learns which span is around another. What is learnt of a request's own
// span, of which no entry tells, comes from the log and from its statements.
func (r *Recorder) see(s telemetry.SpanContext) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.link(s)
}

func (r *Recorder) link(s telemetry.SpanContext) {
	if s.Parent != [8]byte{} && len(r.parents) < maxLinks {
		r.parents[s.SpanID] = s.Parent
	}
}
