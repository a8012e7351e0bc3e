package faults_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/events"
	"github.com/slipway-go/slipway/events/outbox"
	"github.com/slipway-go/slipway/jobs"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/slipwaytest"
)

// However often an event comes: its jobs take effect once, and once more for each replay.
func TestFault_duplicates(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		for round := range slipwaytest.Rounds(t) {
			t.Run(fmt.Sprintf("published twice %d", round), func(t *testing.T) {
				w := w.in(t)
				first := w.commit(20, ordeal{})
				w.settle()
				w.publishAgain(first, 20)
				w.settle()
			})
			t.Run(fmt.Sprintf("published a hundred times at once %d", round), func(t *testing.T) {
				w := w.in(t)
				first := w.commit(1, ordeal{})
				w.copies(first, 100)
				w.settle()
			})
			t.Run(fmt.Sprintf("redelivered since the word of it was lost %d", round), func(t *testing.T) {
				w := w.in(t)
				w.KillAt("sink", "accept.committed") // before the bus hears of it
				w.commit(20, ordeal{})
				w.AwaitDeath("sink")
				w.Restart("sink")
				w.settle()
			})
			t.Run(fmt.Sprintf("replayed %d", round), func(t *testing.T) {
				w := w.in(t)
				first := w.commit(5, ordeal{})
				w.settle()
				w.replay("sink", first, 5)
				w.settle()
			})
		}
	})
}

// publishAgain lets the relay forget that it has published facts.
func (w *world) publishAgain(first, count int64) {
	w.t.Helper()
	const sql = "UPDATE kit_outbox SET published_at = NULL WHERE key::bigint BETWEEN $1 AND $2 AND version = 1 AND published_at IS NOT NULL"
	if n := w.exec("source", sql, first, first+count-1); n != count {
		w.t.Fatalf("%d events of %d were published", n, count)
	}
}

// copies brings an event so often at once.
func (w *world) copies(number int64, count int) {
	w.t.Helper()
	if !w.oneBinary {
		w.sendCopies(number, count)
		return
	}
	// The bus of one process brings one after the other, so this takes its place.
	all := w.published(number, 1)
	worker := jobs.NewWorker(jobs.Config{DB: w.open("sink"), Subscribes: []*events.Definition{happened.Declared()}})
	for _, job := range works {
		if job.module == "sink" {
			jobs.On(registry{worker}, job.name, happened, handler{work: job})
		}
	}
	var given sync.WaitGroup
	errs := make([]error, count)
	for i := range count {
		given.Go(func() { errs[i] = worker.Accept(w.t.Context(), all) })
	}
	given.Wait()
	if err := errors.Join(errs...); err != nil {
		w.t.Fatal(err)
	}
}

// A registry is a module to its worker.
type registry struct{ worker *jobs.Worker }

var _ jobs.Module = registry{}

// Jobs implements jobs.Module.
func (r registry) Jobs() *jobs.Worker { return r.worker }

// ids are those of the facts' events.
func (w *world) ids(first, count int64) []uuid.UUID {
	w.t.Helper()
	ids, err := many[uuid.UUID](w.t.Context(), w.databases["source"], "SELECT id FROM kit_outbox WHERE key::bigint BETWEEN $1 AND $2", first, first+count-1)
	if err != nil || int64(len(ids)) != count {
		w.t.Fatalf("%d events of %d, %v", len(ids), count, err)
	}
	return ids
}

// published are the events of facts.
func (w *world) published(first, count int64) (all []events.Message) {
	w.t.Helper()
	for batch, err := range outbox.New(w.open("source")).Published(w.t.Context(), outbox.Selection{IDs: w.ids(first, count)}) {
		if err != nil {
			w.t.Fatal(err)
		}
		all = append(all, batch...)
	}
	return all
}

// replay delivers facts to the jobs of one module once more, each as a run that it has
// not had, as the command does.
func (w *world) replay(module string, first, count int64) {
	w.t.Helper()
	all := w.published(first, count)
	admin := jobs.NewAdmin(w.open(module))
	for _, job := range works {
		if job.module != module {
			continue
		}
		for n := first; n < first+count; n++ {
			if job.wants(fact{Number: n}) {
				run := one[int](w, module, "SELECT count(*) FROM kit_delivery WHERE job = $1 AND key = $2", job.name, fmt.Sprint(n))
				if run > 0 {
					w.replayed[effect{job.String(), n, run}]++
				}
			}
		}
		if n, err := admin.Deliver(w.t.Context(), job.name, all); err != nil || n != int(count) {
			w.t.Fatalf("%d deliveries of %d to %s, %v", n, count, job, err)
		}
	}
}

// open opens a module's database as the kit does.
func (w *world) open(module string) *postgres.DB {
	w.t.Helper()
	db, err := postgres.Open(postgres.Config{URL: config.Secret(w.Database(module)), Schema: module, MaxConns: 2})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(db.Close)
	return db
}
