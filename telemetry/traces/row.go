package traces

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/slipway-go/slipway/internal/treetext"
)

// A row is a line of the tree as people see it: one span, or several that are equal.
type row struct {
	*Span

	times int
	total time.Duration // of all of them
	until time.Duration // the end of the last, since the trace began
	place string        // "" where it is that of the row above
	scale *scale
	below []*row
}

// A scale is the time that a bar has room for. What begins when that above it has ended,
// such as a job, has one of its own: the bars of the request would be none beside it.
type scale struct{ from, to time.Duration }

// rows returns the tree as it is shown.
func (t *Trace) rows() []*row { return rowsOf(t.Roots, nil, nil) }

// rowsOf returns those below a span, which is nil for the roots.
func rowsOf(spans []*Span, above *Span, s *scale) []*row {
	var rows []*row
	equal := map[string]*row{}
	for _, v := range spans {
		r := &row{Span: v, times: 1, total: time.Duration(v.Duration), until: time.Duration(v.Began + v.Duration), scale: s}
		if r.place = v.Place(); above != nil && r.place == above.Place() {
			r.place = ""
		}
		if above == nil || v.follows(above) {
			r.scale = &scale{time.Duration(v.Began), endOf(v)}
		}
		if first := equal[v.like()]; first != nil && len(v.Below) == 0 {
			first.times++
			first.total += r.total
			first.until = max(first.until, r.until)
			continue
		}
		if len(v.Below) == 0 {
			equal[v.like()] = r
		}
		r.below = rowsOf(v.Below, v, r.scale)
		rows = append(rows, r)
	}
	return rows
}

// follows reports whether the span begins when the one above has ended.
func (v *Span) follows(above *Span) bool { return v.Began >= above.Began+above.Duration }

// endOf is the end of all below that bars of the same scale show.
func endOf(v *Span) time.Duration {
	end := time.Duration(v.Began + v.Duration)
	for _, b := range v.Below {
		if !b.follows(v) {
			end = max(end, endOf(b))
		}
	}
	return end
}

// like is equal for spans that one row can stand for.
func (v *Span) like() string {
	return fmt.Sprint(v.What, "\x00", v.Place(), "\x00", v.Name, "\x00", v.Target, "\x00", v.Statement, "\x00", v.Status, v.Attempt, v.Error, v.Orphan, len(v.Links))
}

// span returns where the bar begins and how long it is, of 1.
func (r *row) share() (from, length float64) {
	whole := float64(r.scale.to - r.scale.from)
	if whole <= 0 {
		return 0, 1
	}
	from = math.Max(0, math.Min(1, float64(time.Duration(r.Began)-r.scale.from)/whole))
	return from, math.Max(0, math.Min(1-from, float64(r.until-time.Duration(r.Began))/whole))
}

// label says what sort of work it is, where the name does not.
func (r *row) label() string {
	switch r.What {
	case Call:
		return "call " + r.Target
	case SQL:
		return "sql"
	default:
		return ""
	}
}

// title is what was done.
func (r *row) title() string {
	if r.What == SQL {
		return cmp.Or(r.Statement, r.Name)
	}
	return r.Name
}

// others are the traces that led here, beside this one.
func (r *row) others(trace string) []string {
	var ids []string
	for _, l := range r.Links {
		if l.TraceID != trace && !slices.Contains(ids, l.TraceID) {
			ids = append(ids, l.TraceID)
		}
	}
	return ids
}

// facts are what is known beside the name and the times.
func (r *row) facts() []string {
	var facts []string
	add := func(when bool, format string, args ...any) {
		if when {
			facts = append(facts, fmt.Sprintf(format, args...))
		}
	}
	add(r.Status != 0, "%d", r.Status)
	add(r.Attempt > 1, "attempt %d", r.Attempt)
	if r.times > 1 {
		facts = append(facts, treetext.Times(r.times, r.What == SQL && !r.isControl() || r.What == Call))
	}
	add(r.Orphan, "its caller is not known")
	return facts
}
