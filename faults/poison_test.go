package faults_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/events"
	"github.com/slipway-go/slipway/events/rabbitmq"
	"github.com/slipway-go/slipway/slipwaytest"
)

// What nobody can work with ends where a person sees it, and its neighbours do not
// notice: each test settles.
func TestFault_poison(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		for round := range slipwaytest.Rounds(t) {
			for _, p := range poisons {
				if p.only != "" && p.only != w.deployment() {
					continue
				}
				if !t.Run(fmt.Sprintf("%s %d", p.name, round), func(t *testing.T) {
					w := w.in(t)
					w.commit(3, ordeal{})
					p.give(w)
					w.commitDirect(3)
					w.settle()
				}) {
					return // what is missing now is missing from now on
				}
			}
		}
	})
}

type poison struct {
	name string
	only string
	give func(w *world)
}

var poisons = []poison{
	{"an event whose data is no JSON", "", func(w *world) {
		w.t.Helper()
		w.plant(happened.Type(), 1, []byte("{"))
		w.dead("sink", 3, "")
		w.dead("other", 2, "")
	}},
	{"an event whose data has another shape", "", func(w *world) {
		w.t.Helper()
		w.plant(happened.Type(), 1, []byte(`{"number":"eleven"}`))
		w.dead("sink", 3, "number")
		w.dead("other", 2, "number")
	}},
	{"an event of a version that its module does not declare", "", func(w *world) {
		w.t.Helper()
		w.plant(happened.Type(), 7, []byte(`{"number":1}`))
		first := w.commit(3, ordeal{})
		w.eventually("the events behind it come", func() bool {
			return one[int](w, "other", "SELECT count(*) FROM effects WHERE job = 'every' AND number >= $1", first) == 3
		})
		if n := w.exec("source", "DELETE FROM kit_outbox WHERE version = 7 AND published_at IS NULL"); n != 1 {
			w.t.Errorf("%d events of another version wait, want it to wait for a process that declares it", n)
		}
	}},
	{"an event of a version that its subscriber does not know", inServices, func(w *world) {
		w.t.Helper()
		w.stranger().send(happened.Topic(), envelope(uuid.NewString(), happened.Type(), 7, 1), []byte(`{"number":1}`))
		w.commit(3, ordeal{})
		for _, module := range []string{"sink", "other"} { // each keeps it for its next release
			w.eventually(module+" has set it aside", func() bool {
				return w.exec(module, "DELETE FROM kit_delivery WHERE state = 'ready' AND version = 7") == 1
			})
		}
		w.settle()
	}},
	{"an event that is larger than allowed", "", func(w *world) {
		w.t.Helper()
		in := w.request(2, ordeal{Weight: events.MaxData})
		if got := slipwaytest.Do(w.Kit, commit, in).Status; got < 400 {
			w.t.Errorf("a fact that is larger than an event was committed: %d", got)
		}
	}},
	{"a transaction that is rolled back", "", func(w *world) {
		w.t.Helper()
		in := w.request(5, ordeal{})
		in.Body.Refuse = true
		slipwaytest.Do(w.Kit, commit, in).Want(409)
	}},
	{"envelopes that cannot be read", inServices, func(w *world) {
		w.t.Helper()
		w.sendBadEnvelopes()
	}},
	{"a job that fails", "", func(w *world) {
		w.t.Helper()
		w.commit(4, ordeal{Fails: 3})
	}},
	{"a job that panics and recovers", "", func(w *world) {
		w.t.Helper()
		w.commit(2, ordeal{Job: "other.every", Panics: 1})
	}},
	{"a job that panics for ever", "", func(w *world) {
		w.t.Helper()
		w.commit(1, ordeal{Job: "sink.fragile", Panics: patience, Dies: true})
		w.dead("sink", 1, "panic: attempt 2 was to panic")
	}},
	{"a job that gives up", "", func(w *world) {
		w.t.Helper()
		w.commit(2, ordeal{Job: "sink.every", Dies: true})
		w.dead("sink", 2, "job every gives up")
	}},
	{"a job over its time", "", func(w *world) {
		w.t.Helper()
		w.commit(1, ordeal{Job: "sink.fragile", Takes: int(time.Hour.Milliseconds()), Dies: true})
		w.commit(1, ordeal{Job: "other.odd"})
		w.dead("sink", 1, "the job took longer than its 2s")
	}},
	{"a job that hangs and does not listen", "", func(w *world) {
		w.t.Helper()
		began := time.Now()
		w.commit(2, ordeal{Job: "sink.even", Hangs: 1})
		w.settle()
		time.Sleep(hangTime - time.Since(began) + time.Second) // in which it ends, overtaken
	}},
}

// deployment is the name of the world's.
func (w *world) deployment() string {
	if w.oneBinary {
		return inOne
	}
	return inServices
}

// plant has an event published that no code would emit.
func (w *world) plant(typ string, version int, data []byte) {
	w.t.Helper()
	const sql = "INSERT INTO kit_outbox (id, type, version, key, traceparent, subject, data, created_at) VALUES ($1, $2, $3, '0', '', '', $4, now())"
	w.exec("source", sql, uuid.New(), typ, version, data)
}

// dead waits for deliveries that are dead, looks at their reason, and takes them away.
func (w *world) dead(module string, count int64, reason string) {
	w.t.Helper()
	w.eventually(fmt.Sprintf("%d deliveries of %s are dead", count, module), func() bool {
		return one[int64](w, module, "SELECT count(*) FROM kit_delivery WHERE state = 'dead'") == count
	})
	for _, said := range w.reasons(module) {
		if said == "" || !strings.Contains(said, reason) {
			w.t.Errorf("a delivery of %s is dead since %q, want %q in it", module, said, reason)
		}
	}
	if n := w.exec(module, "UPDATE kit_delivery SET state = 'discarded', done_at = now() WHERE state = 'dead'"); n != count {
		w.t.Errorf("%d deliveries of %s are dead, want %d", n, module, count)
	}
}

func (w *world) reasons(module string) []string {
	w.t.Helper()
	all, err := many[string](w.t.Context(), w.databases[module], "SELECT reason FROM kit_delivery WHERE state = 'dead'")
	if err != nil {
		w.t.Fatal(err)
	}
	return all
}

// sendBadEnvelopes sends some by a stranger; each is parked with what is wrong with it.
func (w *world) sendBadEnvelopes() {
	w.t.Helper()
	s := w.stranger()
	good := func() map[string]any { return envelope(uuid.NewString(), happened.Type(), 1, 0) }
	bad := map[string]func(headers map[string]any){
		"cloudEvents:id is missing":   func(h map[string]any) { delete(h, "cloudEvents:id") },
		`cloudEvents:id is "7"`:       func(h map[string]any) { h["cloudEvents:id"] = "7" },
		"cloudEvents:time is":         func(h map[string]any) { h["cloudEvents:time"] = "yesterday" },
		"cloudEvents:specversion is":  func(h map[string]any) { h["cloudEvents:specversion"] = "9" },
		"cloudEvents:eventversion is": func(h map[string]any) { h["cloudEvents:eventversion"] = "one" },
		"cloudEvents:type is":         func(h map[string]any) { h["cloudEvents:type"] = "Robert'); DROP TABLE" },
		"its data is":                 func(map[string]any) {},
	}
	for why, spoil := range bad {
		headers, body := good(), []byte(`{"number":0}`)
		spoil(headers)
		if why == "its data is" {
			body = []byte(strconv.Quote(strings.Repeat("x", events.MaxData)))
		}
		s.send(happened.Topic(), headers, body)
	}
	admin, err := rabbitmq.Open(rabbitmq.Config{URL: config.Secret(w.Broker())})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, module := range []string{"sink", "other"} {
		w.parked(admin, module, bad)
	}
}

func (w *world) parked(admin *rabbitmq.Bus, module string, bad map[string]func(map[string]any)) {
	w.t.Helper()
	var parked []rabbitmq.Parked
	w.eventually("all are parked for "+module, func() bool {
		var err error
		if parked, err = admin.Parked(w.t.Context(), module, 100); err != nil {
			w.t.Fatal(err)
		}
		return len(parked)%len(bad) == 0 && len(parked) > 0
	})
	for why := range bad {
		found := false
		for _, p := range parked {
			found = found || strings.Contains(p.Reason, why)
		}
		if !found {
			w.t.Errorf("nothing is parked for %s since %q: %+v", module, why, parked)
		}
	}
}
