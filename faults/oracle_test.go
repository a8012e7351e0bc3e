package faults_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// An effect is the row that a job writes for a fact in a run.
type effect struct {
	Job    string
	Number int64
	Run    int
}

func (e effect) String() string { return fmt.Sprintf("%s for %d in run %d", e.Job, e.Number, e.Run) }

// settle waits until everything that was committed has taken effect and nothing is left
// to do, and compares; it ends the test with what is missing, doubled or alien.
func (w *world) settle() {
	w.t.Helper()
	w.settleWithin(wait)
}

func (w *world) settleWithin(limit time.Duration) {
	w.t.Helper()
	const most = 500 * time.Millisecond
	rest := most / 10
	for deadline := time.Now().Add(limit); ; time.Sleep(rest) {
		late := time.Now().After(deadline)
		err := w.idle(w.t.Context())
		if err == nil || late { // to compare everything costs more
			rest = min(2*rest, most)
			err = errors.Join(w.judge(w.t.Context()), w.idle(w.t.Context()))
		}
		if err == nil {
			return
		}
		if late {
			w.t.Fatalf("after %s: %v\n%s", limit, err, w.state())
		}
	}
}

// judge compares what took effect with what was committed.
func (w *world) judge(ctx context.Context) error {
	want, err := w.want(ctx)
	if err != nil {
		return err
	}
	got, err := w.got(ctx)
	if err != nil {
		return err
	}
	return errors.Join(compare(got, want), w.ticks(ctx))
}

// want are the effects of what was committed.
func (w *world) want(ctx context.Context) (map[effect]int, error) {
	raw, err := many[[]byte](ctx, w.databases["source"], "SELECT fact FROM facts")
	if err != nil {
		return nil, fmt.Errorf("read what was committed: %w", err)
	}
	want := maps.Clone(w.replayed)
	for _, r := range raw {
		var f fact
		if err := json.Unmarshal(r, &f); err != nil {
			return nil, err
		}
		for _, work := range works {
			if work.takesEffect(f) {
				want[effect{work.String(), f.Number, 0}]++
			}
		}
	}
	return want, nil
}

// got are the effects that there are.
func (w *world) got(ctx context.Context) (map[effect]int, error) {
	got := map[effect]int{}
	for _, m := range moduleNames {
		rows, err := w.databases[m].Query(ctx, "SELECT $1 || job, number, run FROM effects WHERE job <> 'tick'", m+".")
		if err != nil {
			return nil, fmt.Errorf("read the effects of %s: %w", m, err)
		}
		all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[effect])
		if err != nil {
			return nil, fmt.Errorf("read the effects of %s: %w", m, err)
		}
		for _, e := range all {
			got[e]++
		}
	}
	return got, nil
}

// compare tells what is missing and what is there too often.
func compare(got, want map[effect]int) error {
	var missing, doubled []effect
	for e, n := range want {
		if got[e] < n {
			missing = append(missing, e)
		}
	}
	for e, n := range got {
		if n > want[e] {
			doubled = append(doubled, e)
		}
	}
	var errs []error
	if len(missing) > 0 {
		errs = append(errs, fmt.Errorf("missing of %d effects: %s", len(want), some(missing)))
	}
	if len(doubled) > 0 {
		errs = append(errs, fmt.Errorf("doubled or of nothing that was committed: %s", some(doubled)))
	}
	return errors.Join(errs...)
}

// some names the first of many.
func some(all []effect) string {
	const shown = 8
	slices.SortFunc(all, func(a, b effect) int {
		return cmp.Or(cmp.Compare(a.Job, b.Job), cmp.Compare(a.Number, b.Number), cmp.Compare(a.Run, b.Run))
	})
	var names []string
	for _, e := range all[:min(shown, len(all))] {
		names = append(names, e.String())
	}
	text := fmt.Sprintf("%d: %s", len(all), strings.Join(names, "; "))
	if len(all) > shown {
		text += "; …"
	}
	return text
}

// idle tells what is still to be done.
func (w *world) idle(ctx context.Context) error {
	const sql = `SELECT (SELECT count(*) FROM kit_outbox WHERE published_at IS NULL) + (SELECT count(*) FROM kit_outbox_held)
		+ (SELECT count(*) FROM kit_delivery WHERE state IN ('ready', 'running') AND job <> 'tick')`
	for _, m := range moduleNames {
		left, err := many[int64](ctx, w.databases[m], sql)
		if err != nil {
			return fmt.Errorf("ask %s what is left: %w", m, err)
		}
		if left[0] > 0 {
			return fmt.Errorf("%s has %d rows left to publish, to hand over or to work on", m, left[0])
		}
	}
	return nil
}

// ticks checks the schedule: each second from the first to the last has one effect.
func (w *world) ticks(ctx context.Context) error {
	const sql = `SELECT CASE
		WHEN count(*) <> count(DISTINCT number) THEN 'a slot took effect twice: ' || count(*) || ' effects of ' || count(DISTINCT number) || ' slots'
		WHEN count(*) <> max(number) - min(number) + 1 THEN 'slots are missing: ' || count(*) || ' of ' || max(number) - min(number) + 1
		ELSE '' END FROM effects WHERE job = 'tick'`
	said, err := many[string](ctx, w.databases["source"], sql)
	if err != nil {
		return fmt.Errorf("read the schedule's effects: %w", err)
	}
	if said[0] != "" {
		return errors.New(said[0])
	}
	return nil
}

// TestCompare: the oracle sees what it is for.
func TestCompare(t *testing.T) {
	t.Parallel()
	a, b := effect{"sink.every", 1, 0}, effect{"sink.every", 2, 0}
	want := map[effect]int{a: 1, b: 1}
	for name, c := range map[string]struct {
		got  map[effect]int
		said string
	}{
		"all is well":     {map[effect]int{a: 1, b: 1}, ""},
		"one is missing":  {map[effect]int{a: 1}, "missing of 2 effects: 1: sink.every for 2 in run 0"},
		"one is doubled":  {map[effect]int{a: 2, b: 1}, "doubled or of nothing that was committed: 1: sink.every for 1 in run 0"},
		"one is an alien": {map[effect]int{a: 1, b: 1, {"sink.odd", 9, 0}: 1}, "doubled or of nothing that was committed: 1: sink.odd for 9 in run 0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			said := ""
			if err := compare(c.got, want); err != nil {
				said = err.Error()
			}
			if said != c.said {
				t.Errorf("the oracle said %q, want %q", said, c.said)
			}
		})
	}
}
