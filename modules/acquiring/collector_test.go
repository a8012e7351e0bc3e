package acquiring

import (
	"testing"
	"time"

	"github.com/slipway-go/slipway/modules/acquiring/acquiringapi"
	"github.com/slipway-go/slipway/problem"
	"github.com/slipway-go/slipway/slipwaytest"
)

func TestCollector(t *testing.T) {
	t.Parallel()

	t.Run("gives a payable back whose request died before the charge", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		p := w.create(t)
		w.pass(t)
		w.wantStatus(t, p, acquiringapi.StatusCreated, false) // the request may still be at work
		w.later(t, lease)
		w.pass(t)
		w.wantStatus(t, p, acquiringapi.StatusFailed, true)
		w.wantReleased(t, p)
	})

	t.Run("finds out what became of a charge without an answer", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		p := w.pending(t)
		w.found = Result{Outcome: Approved}
		w.later(t, lease)
		w.pass(t)
		w.wantStatus(t, p, acquiringapi.StatusCaptured, true)
		w.wantCaptured(t, p)
	})

	t.Run("believes that nothing was charged only after a while", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		p := w.pending(t)
		w.found = Result{Outcome: NotFound}
		w.later(t, lease)
		w.pass(t)
		w.wantStatus(t, p, acquiringapi.StatusPending, false)
		w.later(t, time.Minute)
		w.pass(t)
		w.wantStatus(t, p, acquiringapi.StatusFailed, true)
		w.wantReleased(t, p)
	})

	t.Run("counts that while from the last request that asked the acquirer", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		p := w.pending(t)
		w.later(t, lease)
		w.pay(t, p).Want(201) // asks again, and that charge is on its way too
		if len(w.charges) != 1 {
			t.Fatalf("charges = %+v, want one", w.charges)
		}
		w.found = Result{Outcome: NotFound}
		w.later(t, lease)
		w.pass(t)
		w.wantStatus(t, p, acquiringapi.StatusPending, false)
		w.later(t, time.Minute)
		w.pass(t)
		w.wantStatus(t, p, acquiringapi.StatusFailed, true)
	})

	t.Run("tells a payable that has refused, since an earlier claim may still be on its way", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		p := w.create(t)
		w.later(t, lease)
		w.pay(t, p).WantCode(409, acquiringapi.CodeTotalChanged)
		if told := w.told.Bodies(); len(told) != 0 {
			t.Errorf("the request has told the payable %v, want it left to the collector", told)
		}
		w.wantStatus(t, p, acquiringapi.StatusFailed, false)
		w.pass(t) // at once
		w.wantStatus(t, p, acquiringapi.StatusFailed, true)
		w.wantReleased(t, p)
	})

	t.Run("finishes in one pass what is due, however much it is", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		for range 2*atOnce + 1 {
			w.create(t)
		}
		w.later(t, lease)
		w.pass(t)
		if got := len(w.told.Bodies()); got != 2*atOnce+1 {
			t.Errorf("the payable was told %d times, want %d", got, 2*atOnce+1)
		}
	})

	t.Run("asks again, less and less often, while the acquirer is down", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		p := w.pending(t)
		w.later(t, lease)
		w.pass(t)
		w.pass(t) // not due
		if w.lookups != 1 {
			t.Errorf("asked %d times, want 1", w.lookups)
		}
		w.later(t, time.Second)
		w.pass(t)
		w.later(t, time.Second)
		w.pass(t) // not due: now the pause is longer
		if w.lookups != 2 {
			t.Errorf("asked %d times, want 2", w.lookups)
		}
		w.wantStatus(t, p, acquiringapi.StatusPending, false)
	})

	t.Run("leaves everything as it is while the database is out of order", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		p := w.pending(t)
		w.found = Result{Outcome: Approved}
		w.later(t, lease)
		w.exec(t, `ALTER TABLE payments RENAME TO elsewhere`)
		w.pass(t)
		w.exec(t, `ALTER TABLE elsewhere RENAME TO payments`)
		w.wantStatus(t, p, acquiringapi.StatusPending, false)
		w.pass(t)
		w.wantStatus(t, p, acquiringapi.StatusCaptured, true)
	})

	t.Run("has told of a failure also when there is nobody to be told", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		p := w.create(t)
		w.refuseReleases(problem.NotFound("there is no such cart"))
		w.later(t, lease)
		w.pass(t)
		w.wantStatus(t, p, acquiringapi.StatusFailed, true)
	})

	t.Run("has told nobody when a payable of another version has no such route yet", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		p := w.create(t)
		w.refuseReleases(problem.NoRoute("PUT", "/payables/1/release"))
		w.later(t, lease)
		w.pass(t)
		w.wantStatus(t, p, acquiringapi.StatusFailed, false)
	})

	t.Run("tells of a charge in the transaction that notes it, or not at all", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		p := w.pending(t)
		w.found = Result{Outcome: Approved}
		w.later(t, lease)
		w.exec(t, `ALTER TABLE kit_outbox RENAME TO elsewhere`)
		w.pass(t)
		w.exec(t, `ALTER TABLE elsewhere RENAME TO kit_outbox`)
		w.wantStatus(t, p, acquiringapi.StatusPending, false)
		slipwaytest.Unpublished(w.kit.In(t), acquiringapi.Captured)
		w.later(t, lease)
		w.pass(t)
		w.wantStatus(t, p, acquiringapi.StatusCaptured, true)
		w.wantCaptured(t, p)
	})

	t.Run("tells of a charge once, also when the request comes back", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		p := w.pending(t)
		w.found, w.charged = Result{Outcome: Approved}, Result{Outcome: Approved}
		w.later(t, lease)
		w.pass(t)
		w.pay(t, p).Want(201)
		w.later(t, time.Hour)
		w.pass(t)
		w.wantCaptured(t, p)
	})

	t.Run("tells of a charge that an earlier version has noted and never told", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		p := w.untold(t)
		w.later(t, time.Hour)
		w.exec(t, `ALTER TABLE kit_outbox RENAME TO elsewhere`)
		w.pass(t)
		w.exec(t, `ALTER TABLE elsewhere RENAME TO kit_outbox`)
		w.wantStatus(t, p, acquiringapi.StatusCaptured, false) // told and noted together, or neither
		w.later(t, lease)
		w.pass(t)
		w.wantStatus(t, p, acquiringapi.StatusCaptured, true)
		w.later(t, time.Hour)
		w.pass(t)
		w.wantCaptured(t, p)
		if at := slipwaytest.Published(w.kit.In(t), acquiringapi.Captured)[0].CapturedAt; time.Since(at) < time.Hour {
			t.Errorf("captured at %s, want the time of the charge, an hour ago and more", at)
		}
	})

	t.Run("tells the payable again until it listens", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		p := w.pending(t)
		w.found, w.payableDown = Result{Outcome: Declined, Reason: "stolen"}, true
		w.later(t, lease)
		w.pass(t)
		w.wantStatus(t, p, acquiringapi.StatusDeclined, false)
		w.payableDown = false
		w.later(t, lease)
		w.pass(t)
		w.wantStatus(t, p, acquiringapi.StatusDeclined, true)
		w.wantReleased(t, p)
		w.later(t, time.Hour)
		w.pass(t)
		if w.lookups != 1 {
			t.Errorf("the acquirer was asked %d times, want 1", w.lookups)
		}
	})
}

// A request finds a payment that its process left behind when it died.
func TestCreate_resumes(t *testing.T) {
	t.Parallel()

	t.Run("not while somebody may be at work", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		p := w.pending(t)
		w.pay(t, p).WantCode(409, "idempotency_in_flight")
	})

	t.Run("not for another order", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		p := w.pending(t)
		w.later(t, lease)
		p.Amount.Amount++
		w.pay(t, p).WantCode(422, "idempotency_key_reused")
	})

	t.Run("under the acquirer's same key", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		p := w.pending(t)
		w.later(t, lease)
		w.charged = Result{Outcome: Approved}
		got := w.pay(t, p).Want(201).Body
		if got.ID != p.ID || got.Status != acquiringapi.StatusCaptured || len(w.charges) != 1 || w.charges[0].Key != p.ID {
			t.Errorf("payment = %+v after charges %+v, want %s captured", got, w.charges, p.ID)
		}
		w.wantCaptured(t, p)
	})

	t.Run("and finds it finished by the collector", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		p := w.pending(t)
		w.found = Result{Outcome: Declined, Reason: "stolen"}
		w.later(t, lease)
		w.pass(t)
		w.pay(t, p).WantCode(402, "card_declined")
		if len(w.charges) != 0 {
			t.Errorf("charges = %+v, want none", w.charges)
		}
	})
}
