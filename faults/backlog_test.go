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

// backlog is how many events pile up: more than a module takes, which has three deliveries
// for each; and in the long form, now and then, as many as a day may bring.
func backlog(round int) int64 {
	const enough, many, longOnes = 3_800, 100_000, 10
	if round%longOnes == longOnes-1 {
		return many
	}
	return enough
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

func (w *world) piles(count int64) {
	w.t.Helper()
	w.exec("sink", "DELETE FROM gate")
	for range count / perCommit {
		w.commit(perCommit, ordeal{Job: "sink", Waits: true})
	}
	w.commitDirect(10)
	all := one[int64](w, "source", "SELECT count(*) FROM facts")
	w.eventuallyWithin(within(count), "other has worked on everything", func() bool {
		return one[int64](w, "other", "SELECT count(*) FROM delivery WHERE state IN ('done', 'skipped')") == 2*all
	})
	if taken := one[int64](w, "sink", "SELECT count(*) FROM delivery WHERE job = 'every'"); taken >= all {
		w.t.Errorf("sink has taken all of %d events, want the rest to wait elsewhere", all)
	}
	if waits := one[int64](w, "sink", "SELECT count(*) FROM delivery WHERE state IN ('ready', 'running')"); waits < maxReady || waits > maxReady+inHand {
		w.t.Errorf("%d deliveries wait in sink, want %d or little more", waits, maxReady)
	}
	w.exec("sink", "INSERT INTO gate VALUES (true)")
	w.settleWithin(within(count))
}
