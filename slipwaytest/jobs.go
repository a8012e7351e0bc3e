package slipwaytest

import (
	"github.com/slipway-go/slipway/events"
	"github.com/slipway-go/slipway/slipwaytest/internal/calltree"
)

// RunJobs runs what is due by now: the slots of schedules that have come, what was
// enqueued for a time that has come, and, without their pause, jobs that wait for another
// attempt. Everything else has run before the transaction returned that caused it.
//
//	time.Sleep(5 * time.Minute) // in a Bubble
//	k.RunJobs()
func (k *Kit) RunJobs() {
	k.t.Helper()
	c := k.carrying("RunJobs")
	ctx := calltree.Unseen(k.t.Context())
	for _, m := range c.modules {
		if err := m.worker.MakeDue(ctx); err != nil {
			k.t.Fatalf("RunJobs: %v", err)
		}
		m.ready.Store(true)
	}
	c.carry(ctx)
}

// LetJobsFail lets jobs of this world fail from now on, for a test that is about that.
// Otherwise an attempt that fails, fails the test.
func (k *Kit) LetJobsFail() *FailedJobs {
	k.t.Helper()
	c := k.carrying("LetJobsFail")
	c.mu.Lock()
	defer c.mu.Unlock()
	c.failed = &FailedJobs{}
	return c.failed
}

// Deliver gives the modules of the world that subscribe to it an event, as if its module
// had emitted it, and returns when their jobs have run. That module need not be in the
// world. Data that the event's description does not allow end the test.
//
//	slipwaytest.Deliver(k, acquiringapi.Captured, id.String(), acquiringapi.PaymentCaptured{…})
func Deliver[T any](k *Kit, e *events.Event[T], key string, data T) {
	k.t.Helper()
	m, err := e.Message(k.t.Context(), key, data)
	if err == nil {
		err = e.Check(m.Data)
	}
	if err != nil {
		k.t.Fatalf("deliver %s: %v", e.Topic(), err)
	}
	k.deliver(m)
}

// deliver gives a message to whoever subscribes to it, the same as often as it is called.
func (k *Kit) deliver(m events.Message) {
	k.t.Helper()
	c := k.carrying("Deliver")
	c.note(m)
	subscribed := false
	for _, module := range c.modules {
		if !module.wants(m.Topic()) {
			continue
		}
		subscribed = true
		if err := c.accept(calltree.Unseen(k.t.Context()), module, []events.Message{m}); err != nil {
			k.t.Fatalf("deliver %s to %s: %v", m.Topic(), module.Name(), err)
		}
	}
	if !subscribed {
		k.t.Fatalf("deliver %s: no module of this world subscribes to it; the modules are %s", m.Topic(), list(names(k.modules)))
	}
	c.carry(k.t.Context())
}

// carrying returns the carrier of a world in this process.
func (k *Kit) carrying(method string) *carrier {
	k.t.Helper()
	if k.carrier == nil {
		k.t.Fatalf("%s: %v", method, errNoCarrier)
	}
	return k.carrier
}
