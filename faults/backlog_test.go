package faults_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/slipway-go/slipway/slipwaytest"
)

// A consumer that does not get on holds up nobody: the others work, it takes no more than
// its share, and the rest waits where events wait.
func TestFault_backlog(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		for round := range slipwaytest.Rounds(t) {
			t.Run(fmt.Sprint(round), func(t *testing.T) { w.in(t).piles(backlog(round)) })
		}
	})
}

// backlog is how many events pile up. In the long form they are more than a module takes,
// which has three deliveries for each, and now and then as many as a day may bring. In the
// first round most of what the module has to do is there before, and costs less time.
func backlog(round int) (events, before int64) {
	const few, enough, many, longOnes = 800, 4_000, 100_000, 10
	switch {
	case round == 0:
		return few, maxReady - few/2
	case round%longOnes == longOnes-1:
		return many, 0
	}
	return enough, 0
}

const (
	perCommit = 200
	// maxReady is what a module takes, and inHand what it may have in hand then.
	maxReady = 10_000
	inHand   = 3 * 3 * 200
)

// within is the time for so many events.
func within(count int64) time.Duration {
	const each = 10 * time.Millisecond
	return wait + time.Duration(count)*each
}

func (w *world) piles(count, before int64) {
	w.t.Helper()
	w.exec("sink", "DELETE FROM gate")
	w.fill(before)
	for range count / perCommit {
		w.commit(perCommit, ordeal{Job: "sink", Waits: true})
	}
	w.commitDirect(10)
	all := one[int64](w, "source", "SELECT count(*) FROM facts")
	w.eventuallyWithin(within(count), "other has worked on everything", func() bool {
		return one[int64](w, "other", "SELECT count(*) FROM kit_delivery WHERE state IN ('done', 'skipped')") == 2*all
	})
	if taken := one[int64](w, "sink", "SELECT count(*) FROM kit_delivery WHERE job = 'every' AND key <> $1", filler); taken >= all {
		w.t.Errorf("sink has taken all of %d events, want the rest to wait elsewhere", all)
	}
	if waits := one[int64](w, "sink", "SELECT count(*) FROM kit_delivery WHERE state IN ('ready', 'running')"); waits < maxReady || waits > maxReady+inHand {
		w.t.Errorf("%d deliveries wait in sink, want %d or little more", waits, maxReady)
	}
	w.exec("sink", "DELETE FROM kit_delivery WHERE key = $1", filler)
	w.exec("sink", "INSERT INTO gate VALUES (true)")
	w.settleWithin(within(count))
}

// filler is the key of deliveries that only fill the table.
const filler = "filler"

// fill gives sink so much to do, of which nothing is left when the gate opens.
func (w *world) fill(count int64) {
	w.t.Helper()
	const sql = `INSERT INTO kit_delivery (event_id, job, type, version, key, traceparent, subject, data, emitted_at)
		SELECT gen_random_uuid(), 'every', $2, 1, $3, '', '', '{"number": 0, "ordeal": {"waits": true}}', now() FROM generate_series(1, $1)`
	w.exec("sink", sql, count, happened.Type(), filler)
}
