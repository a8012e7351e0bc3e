package faults_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/events"
	"github.com/slipway-go/slipway/events/rabbitmq"
	"github.com/slipway-go/slipway/slipwaytest"
)

// Whatever happens to the broker: producers go on committing, and when it is back all
// effects come, each once. One binary and services suffer together.
func TestFault_broker(t *testing.T) {
	t.Parallel()
	b := newBroker(t)
	both := worlds{}
	for _, oneBinary := range []bool{true, false} {
		both = append(both, newWorld(t, slipwaytest.Deployment{OneBinary: oneBinary, Broker: b.route(t)}))
	}
	for round, dice := range slipwaytest.Rounds(t) {
		for _, f := range brokerFaults {
			if !t.Run(fmt.Sprintf("%s %d", f.name, round), func(t *testing.T) {
				both.in(t).suffer(func() { f.befall(t, b, outage(round, dice)) })
			}) {
				return // what is missing now is missing from now on
			}
		}
	}
	t.Run("queue deleted", func(t *testing.T) {
		for _, w := range both.in(t) {
			w.loseQueue(b)
		}
	})
}

// worlds suffer together.
type worlds []*world

func (all worlds) in(t *testing.T) (inside worlds) {
	t.Helper()
	for _, w := range all {
		inside = append(inside, w.in(t))
	}
	return inside
}

// suffer lets something happen under load, and settles.
func (all worlds) suffer(fault func()) {
	var stops []func()
	for _, w := range all {
		w.t.Helper()
		stops = append(stops, w.load(40*time.Millisecond))
	}
	fault()
	for i, w := range all {
		w.t.Helper()
		stops[i]()
		w.commitDirect(4)
	}
	var settled sync.WaitGroup
	for _, w := range all {
		settled.Go(func() { w.settleWithin(wait) })
	}
	settled.Wait()
}

// outage is how long something is away: short in the first round, then by chance, and now
// and then for a minute.
func outage(round int, dice *rand.Rand) time.Duration {
	const first, most, long, longOnes = 2 * time.Second, 8 * time.Second, time.Minute, 10
	switch {
	case round == 0:
		return first
	case round%longOnes == longOnes-1:
		return long
	}
	return time.Duration(dice.Int64N(int64(most)))
}

// A brokerFault befalls a broker for a while.
type brokerFault struct {
	name   string
	befall func(t *testing.T, b *broker, lasts time.Duration)
}

var brokerFaults = []brokerFault{
	{"stopped", func(t *testing.T, b *broker, lasts time.Duration) {
		t.Helper()
		b.Stop(t)
		time.Sleep(lasts)
		b.Start(t)
	}},
	{"killed", func(t *testing.T, b *broker, _ time.Duration) {
		t.Helper()
		b.Kill(t)
		b.Start(t)
	}},
	{"short of memory", func(t *testing.T, b *broker, lasts time.Duration) {
		t.Helper()
		b.RaiseMemoryAlarm(t)
		time.Sleep(lasts)
		b.EndMemoryAlarm(t)
	}},
	{"closing connections", func(t *testing.T, b *broker, _ time.Duration) {
		t.Helper()
		const times = 3
		for range times {
			b.Control(t, "close_all_connections", "--global", "a test wants it")
		}
	}},
	{"frozen", func(t *testing.T, b *broker, lasts time.Duration) {
		t.Helper()
		b.Pause(t)
		time.Sleep(lasts)
		b.Resume(t)
	}},
	{"behind a black hole that passes", func(t *testing.T, b *broker, lasts time.Duration) {
		t.Helper()
		b.each((*proxy).stall)
		time.Sleep(lasts)
		b.each((*proxy).resume)
	}},
	{"behind a black hole that ends the connections", func(t *testing.T, b *broker, lasts time.Duration) {
		t.Helper()
		b.each((*proxy).stall)
		time.Sleep(lasts)
		b.each((*proxy).cut)
		b.each((*proxy).resume)
	}},
}

// loseQueue has somebody delete a queue. One that is empty costs nothing, whether its
// module runs or not; what was in one that was not is delivered once more from the outbox.
func (w *world) loseQueue(b *broker) {
	w.t.Helper()
	w.settle()
	w.deleteQueue(b, "svc.sink")
	w.eventually("it is declared again, and consumed", func() bool { return w.depth("sink").Consumers > 0 })
	w.commitDirect(10)
	w.settle()

	if w.oneBinary {
		return // whose one process also publishes: nothing would wait in the queue
	}
	w.Kill("sink")
	w.deleteQueue(b, "svc.sink")
	w.commit(10, ordeal{}) // which other gets
	w.eventually("the events are published", func() bool { return w.unpublished() == 0 })
	w.Restart("sink")
	w.settle()

	w.Kill("sink")
	first := w.commit(10, ordeal{})
	w.eventually("the events are published", func() bool { return w.unpublished() == 0 })
	w.deleteQueue(b, "svc.sink")
	w.Restart("sink")
	w.commitDirect(10)
	w.replay("sink", first, 10)
	w.settle()
}

func (w *world) unpublished() int {
	w.t.Helper()
	return one[int](w, "source", "SELECT count(*) FROM kit_outbox WHERE published_at IS NULL")
}

// deleteQueue deletes it as an operator would.
func (w *world) deleteQueue(b *broker, name string) {
	w.t.Helper()
	b.Control(w.t, "-q", "delete_queue", "--vhost", w.route.host, name)
}

// depth is how much waits for a module.
func (w *world) depth(module string) rabbitmq.Depth {
	w.t.Helper()
	admin, err := rabbitmq.Open(rabbitmq.Config{URL: config.Secret(w.Broker()), Subscriptions: []events.Subscription{{Module: module}}})
	if err != nil {
		w.t.Fatal(err)
	}
	all, err := admin.Depths(w.t.Context())
	if err != nil || len(all) != 1 {
		w.t.Fatalf("%d depths, %v", len(all), err)
	}
	return all[0]
}
