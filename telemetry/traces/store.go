package traces

import (
	"cmp"
	"container/list"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/slipway-go/slipway/telemetry"
)

// Config bounds what is kept.
type Config struct {
	// Service names the process whose spans say of none.
	Service string
	// Kept is the number of traces. Default: 200.
	Kept int
	// SpansPerTrace bounds one of them; of the rest only the number is known, and the
	// spans with which a process began its part. Default: 1000.
	SpansPerTrace int
	// Bytes bounds all of them together, as far as can be told. Default: 32 MiB.
	Bytes int
	// Unseen says what is not worth a place. Default: nothing.
	Unseen func(*telemetry.SpanData) bool
}

func (c Config) withDefaults() Config {
	c.Kept = cmp.Or(c.Kept, 200)
	c.SpansPerTrace = cmp.Or(c.SpansPerTrace, 1000)
	c.Bytes = cmp.Or(c.Bytes, 32<<20)
	if c.Unseen == nil {
		c.Unseen = func(*telemetry.SpanData) bool { return false }
	}
	return c
}

// longer is for how long one of the slowest stays before a faster one of late takes its place.
const longer = 15 * time.Minute

// A Store keeps the recent traces. It is safe for concurrent use.
type Store struct {
	cfg Config

	mu     sync.Mutex
	byID   map[[16]byte]*entry
	recent *list.List // of *entry, the oldest first, as are the others
	failed *list.List
	slow   *list.List
	bytes  int
}

var _ telemetry.Recorder = (*Store)(nil)

// An entry is what has come of one trace.
type entry struct {
	id      [16]byte
	came    time.Time
	parts   [][]span
	spans   int // of the parts, and of those that are being copied
	dropped int
	bytes   int
	failed  bool
	took    time.Duration // of its longest span
	shelf   *list.List
	place   *list.Element // on the shelf
}

// New returns an empty store.
func New(cfg Config) *Store {
	return &Store{cfg: cfg.withDefaults(), byID: map[[16]byte]*entry{}, recent: list.New(), failed: list.New(), slow: list.New()}
}

// Record implements [telemetry.Recorder].
func (s *Store) Record(spans []telemetry.SpanData) {
	for len(spans) > 0 {
		n := 1
		for n < len(spans) && spans[n].TraceID == spans[0].TraceID {
			n++
		}
		s.put(spans[0].TraceID, s.seen(spans[:n]))
		spans = spans[n:]
	}
}

// seen leaves out what is not to be kept.
func (s *Store) seen(spans []telemetry.SpanData) []telemetry.SpanData {
	for i := range spans {
		if s.skips(&spans[i]) {
			return s.others(spans, i)
		}
	}
	return spans
}

// others are those that are kept, of which the first so many are known.
func (s *Store) others(spans []telemetry.SpanData, known int) []telemetry.SpanData {
	kept := slices.Clone(spans[:known])
	for i := known; i < len(spans); i++ {
		if !s.skips(&spans[i]) {
			kept = append(kept, spans[i])
		}
	}
	return kept
}

func (s *Store) skips(d *telemetry.SpanData) bool { return !d.Valid() || s.cfg.Unseen(d) }

// put keeps as much of the spans as there is room for, their end first: that is where the
// span stands with which a process began. Only what is kept is copied, and not under the lock.
func (s *Store) put(id [16]byte, spans []telemetry.SpanData) {
	if len(spans) == 0 {
		return
	}
	e, room := s.reserve(id, len(spans))
	if room == 0 {
		return
	}
	part := s.pack(spans[len(spans)-room:])
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byID[id] != e {
		return // it has made room for others meanwhile
	}
	e.add(part)
	s.bytes += part.bytes
	s.evict()
}

// reserve finds the trace, or begins it, and takes the places of up to n spans in it.
func (s *Store) reserve(id [16]byte, n int) (e *entry, room int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e = s.byID[id]
	if e == nil {
		e = &entry{id: id, came: time.Now()}
		s.byID[id] = e
		s.shelve(e, s.recent)
	}
	return e, e.reserve(n, s.cfg.SpansPerTrace)
}

// reserve takes up to n places. Of a trace that is full, a tenth more is for the spans with
// which processes begin. What comes twice takes two places: to look for it here would have
// every request of a long trace wait for all that came before.
func (e *entry) reserve(n, most int) int {
	room := min(n, max(0, most-e.spans))
	if room == 0 && e.spans < most+most/10 {
		room = 1
	}
	e.spans += room
	e.dropped += n - room
	return room
}

func (e *entry) add(p packed) {
	e.parts, e.bytes = append(e.parts, p.spans), e.bytes+p.bytes
	for i := range p.spans {
		d := &p.spans[i]
		e.failed = e.failed || d.isFailure()
		e.took = max(e.took, d.End.Sub(d.Start))
	}
}

// unique leaves out what came more than once.
func unique(parts [][]span) []span {
	seen := map[[8]byte]bool{}
	var all []span
	for _, part := range parts {
		for i := range part {
			if !seen[part[i].SpanID] {
				seen[part[i].SpanID] = true
				all = append(all, part[i])
			}
		}
	}
	return all
}

// evict makes room. An eighth of the places is for what failed, and one for what was slow.
func (s *Store) evict() {
	special := s.cfg.Kept / 8
	for s.recent.Len() > s.cfg.Kept-2*special {
		e := first(s.recent)
		switch {
		case special == 0:
			s.forget(e)
		case e.failed:
			s.shelve(e, s.failed)
		default:
			s.shelve(e, s.slow)
		}
	}
	if s.failed.Len() > special {
		s.forget(first(s.failed))
	}
	if s.slow.Len() > special {
		s.forget(s.leastSlow())
	}
	for s.bytes > s.cfg.Bytes && len(s.byID) > 1 {
		s.forget(s.oldest())
	}
}

func (s *Store) shelve(e *entry, shelf *list.List) {
	if e.shelf != nil {
		e.shelf.Remove(e.place)
	}
	e.shelf, e.place = shelf, shelf.PushBack(e)
}

func (s *Store) forget(e *entry) {
	e.shelf.Remove(e.place)
	delete(s.byID, e.id)
	s.bytes -= e.bytes
}

func first(l *list.List) *entry {
	if l.Len() == 0 {
		return nil
	}
	return l.Front().Value.(*entry)
}

// leastSlow returns the first to go of the slow ones: what is of late no more, or the fastest.
func (s *Store) leastSlow() *entry {
	least := first(s.slow)
	if time.Since(least.came) > longer {
		return least
	}
	for at := s.slow.Front(); at != nil; at = at.Next() {
		if e := at.Value.(*entry); e.took < least.took {
			least = e
		}
	}
	return least
}

func (s *Store) oldest() *entry {
	var oldest *entry
	for _, l := range []*list.List{s.recent, s.failed, s.slow} {
		if e := first(l); e != nil && (oldest == nil || e.came.Before(oldest.came)) {
			oldest = e
		}
	}
	return oldest
}

// found is a copy of what has come of a trace, to look at without the lock.
type found struct {
	id      [16]byte
	parts   [][]span
	dropped int
}

// all returns those of which the identifier begins with the prefix.
func (s *Store) all(prefix string) []found {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []found
	for id, e := range s.byID {
		if len(e.parts) > 0 && strings.HasPrefix(hex.EncodeToString(id[:]), prefix) {
			all = append(all, found{id, slices.Clone(e.parts), e.dropped})
		}
	}
	return all
}

// A Filter chooses traces.
type Filter struct {
	Route   string        // in the name of the trace, in any case; "" for all
	Failed  bool          // only those
	Min     time.Duration // took as long or longer
	Slowest bool          // the slowest first, in place of the newest
	Limit   int           // 0: all
}

// List returns those that the filter lets through, the newest first.
func (s *Store) List(f Filter) []Header {
	rows := []Header{}
	for _, found := range s.all("") {
		if h := found.trace().Header; f.passes(&h) {
			rows = append(rows, h)
		}
	}
	slices.SortFunc(rows, func(a, b Header) int {
		if f.Slowest && a.Duration != b.Duration {
			return cmp.Compare(b.Duration, a.Duration)
		}
		return cmp.Or(b.Began.Compare(a.Began), cmp.Compare(a.ID, b.ID))
	})
	if f.Limit > 0 && len(rows) > f.Limit {
		rows = rows[:f.Limit]
	}
	return rows
}

func (f Filter) passes(h *Header) bool {
	return strings.Contains(strings.ToLower(h.Name), strings.ToLower(f.Route)) && (h.Failed || !f.Failed) && time.Duration(h.Duration) >= f.Min
}

// ErrUnknown is that of [Store.Find] for a trace that is not here, or no more.
var ErrUnknown = errors.New("no such trace is kept")

// An AmbiguousError is that of [Store.Find] for the beginning of several identifiers.
type AmbiguousError struct{ IDs []string }

func (e *AmbiguousError) Error() string {
	const most = 5
	return fmt.Sprintf("%d traces begin like this: %s", len(e.IDs), strings.Join(e.IDs[:min(most, len(e.IDs))], ", "))
}

// Find returns the trace whose identifier, in hex digits, is id or alone begins with it.
func (s *Store) Find(id string) (*Trace, error) {
	if id == "" {
		return nil, ErrUnknown
	}
	all := s.all(strings.ToLower(id))
	switch len(all) {
	case 0:
		return nil, ErrUnknown
	case 1:
		return all[0].trace(), nil
	}
	ids := make([]string, len(all))
	for i := range all {
		ids[i] = hex.EncodeToString(all[i].id[:])
	}
	slices.Sort(ids)
	return nil, &AmbiguousError{ids}
}
