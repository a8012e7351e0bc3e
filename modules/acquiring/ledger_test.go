package acquiring

import (
	"errors"
	"testing"

	"github.com/slipway-go/slipway/modules/acquiring/acquiringapi"
)

func TestLedger(t *testing.T) {
	t.Parallel()

	t.Run("refuses whoever was overtaken", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		old := w.pending(t)
		w.later(t, lease)
		if _, err := w.service.payments.takeUp(t.Context(), old.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := w.service.payments.move(t.Context(), old, lost, ""); !errors.Is(err, errOvertaken) {
			t.Errorf("move = %v, want errOvertaken", err)
		}
		if _, err := w.service.payments.takeUp(t.Context(), old.ID); !errors.Is(err, errOvertaken) {
			t.Errorf("takeUp of what somebody works on = %v, want errOvertaken", err)
		}
		w.wantStatus(t, old, acquiringapi.StatusPending, false)
	})

	t.Run("lets nobody tell of a charge who was overtaken, or a second time", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		old := w.untold(t)
		w.later(t, lease)
		now, err := w.service.payments.takeUpDue(t.Context(), 1)
		if err != nil || len(now) != 1 {
			t.Fatalf("takeUpDue = %v, %v, want the payment", now, err)
		}
		if _, err := w.service.payments.announce(t.Context(), old); !errors.Is(err, errOvertaken) {
			t.Errorf("announce = %v, want errOvertaken", err)
		}
		if _, err := w.service.payments.announce(t.Context(), now[0]); err != nil {
			t.Error(err)
		}
		if _, err := w.service.payments.announce(t.Context(), now[0]); !errors.Is(err, errOvertaken) {
			t.Errorf("announce = %v the second time, want errOvertaken", err)
		}
		w.wantCaptured(t, old)
	})

	t.Run("moves no payment to where it cannot be", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		p := w.create(t)
		if _, err := w.service.payments.move(t.Context(), p, approved, ""); err == nil {
			t.Error("move = nil, want an error: the acquirer was not asked")
		}
		w.wantStatus(t, p, acquiringapi.StatusCreated, false)
	})

	t.Run("cannot tell anybody the key of a payment", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.create(t)
		var rows, telling int
		err := w.service.payments.db.QueryRow(t.Context(), `SELECT count(*), count(*) FILTER (WHERE p::text LIKE '%' || $1 || '%') FROM payments p`, w.key).
			Scan(&rows, &telling)
		if err != nil || rows != 1 || telling != 0 {
			t.Errorf("%d of %d payments hold the key (%v), want none of 1", telling, rows, err)
		}
	})

	t.Run("has one payment at work or made for a payable", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.pending(t)
		second := w.create(t)
		if _, err := w.service.payments.move(t.Context(), second, claimed, ""); !errors.Is(err, errActive) {
			t.Errorf("move = %v, want errActive", err)
		}
	})
}
