package outbox_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/events"
	"github.com/slipway-go/slipway/events/outbox"
	"github.com/slipway-go/slipway/postgres"
)

// published emits orders and has them published.
func published(t testing.TB, db *postgres.DB, event *events.Event[order], from, to int) []events.Message {
	t.Helper()
	var bus takingBus
	emit(t, db, event, from, to)
	pass(t, newRelay(db, &bus))
	return bus.messages()
}

func TestOutbox_Depth(t *testing.T) {
	t.Parallel()
	db := open(t)
	if d := depth(t, db); d.Unpublished != 0 || !d.Oldest.IsZero() || len(d.Held) != 0 {
		t.Errorf("Depth() of an empty outbox = %+v", d)
	}
	all := published(t, db, paid, 0, 5)
	o := outbox.New(db)
	hold(t, o, "cart", all[:2])
	hold(t, o, "stock", all)
	emit(t, db, paid, 5, 8)
	d := depth(t, db)
	if want := map[string]int64{"cart": 2, "stock": 5}; d.Unpublished != 3 || !maps.Equal(d.Held, want) {
		t.Errorf("Depth() = %+v, want 3 unpublished and %v held", d, want)
	}
	if age := time.Since(d.Oldest); age < 0 || age > time.Minute {
		t.Errorf("the oldest is %s old", age)
	}
}

func hold(t testing.TB, o *outbox.Outbox, subscriber string, messages []events.Message) {
	t.Helper()
	if err := o.Hold(t.Context(), subscriber, idsOf(messages)); err != nil {
		t.Fatalf("Hold() = %v", err)
	}
}

func heldKeys(t testing.TB, o *outbox.Outbox, subscriber string, limit int) []string {
	t.Helper()
	messages, err := o.Held(t.Context(), subscriber, limit)
	if err != nil {
		t.Fatalf("Held() = %v", err)
	}
	return keysOf(messages)
}

func TestOutbox_Hold(t *testing.T) {
	t.Parallel()

	t.Run("ErrOfAnotherOutbox", func(t *testing.T) {
		t.Parallel()
		db := open(t)
		ids := append(idsOf(published(t, db, paid, 0, 2)), uuid.New())
		err := outbox.New(db).Hold(t.Context(), "cart", ids)
		if err == nil || !strings.Contains(err.Error(), "1 of 3") {
			t.Errorf("Hold() = %v, want it to miss one event", err)
		}
	})

	t.Run("KeepsTheOrderOfEmissionForEachSubscriber", func(t *testing.T) {
		t.Parallel()
		db := open(t)
		o, all := outbox.New(db), published(t, db, paid, 0, 6)
		hold(t, o, "cart", all[3:])
		hold(t, o, "cart", all[:3])
		hold(t, o, "cart", all) // once more does no harm
		hold(t, o, "stock", all[4:])
		if got := heldKeys(t, o, "cart", 100); !slices.Equal(got, numbers(0, 6)) {
			t.Errorf("held for cart: %q, want six in order", got)
		}
		if got := heldKeys(t, o, "cart", 2); !slices.Equal(got, numbers(0, 2)) {
			t.Errorf("held for cart: %q, want the first two", got)
		}
		if err := o.Release(t.Context(), "cart", idsOf(all[1:])); err != nil {
			t.Errorf("Release() = %v", err)
		}
		if got := heldKeys(t, o, "cart", 100); !slices.Equal(got, numbers(0, 1)) {
			t.Errorf("held for cart: %q, want the one that was not released", got)
		}
		if got := heldKeys(t, o, "stock", 100); !slices.Equal(got, numbers(4, 6)) {
			t.Errorf("held for stock: %q, want its own two", got)
		}
	})

	t.Run("ForgetsASubscriberThatIsGone", func(t *testing.T) {
		t.Parallel()
		db := open(t)
		o, all := outbox.New(db), published(t, db, paid, 0, 3)
		hold(t, o, "cart", all)
		hold(t, o, "stock", all)
		if n, err := o.Forget(t.Context(), "cart"); n != 3 || err != nil {
			t.Errorf("Forget() = %d, %v, want 3", n, err)
		}
		if d := depth(t, db); !maps.Equal(d.Held, map[string]int64{"stock": 3}) {
			t.Errorf("held: %v, want what is held for stock", d.Held)
		}
	})
}

func TestOutbox_Sweep(t *testing.T) {
	t.Parallel()
	db := open(t)
	o := outbox.New(db)
	old := published(t, db, paid, 0, 2500)
	mustExec(t, db, "UPDATE kit_outbox SET published_at = now() - interval '15 days', created_at = now() - interval '15 days'")
	young := published(t, db, paid, 2500, 2510)
	emit(t, db, paid, 2510, 2512)
	mustExec(t, db, "UPDATE kit_outbox SET created_at = now() - interval '20 days' WHERE published_at IS NULL")
	hold(t, o, "cart", old[:3])
	hold(t, o, "cart", young[:1])

	deleted, err := o.Sweep(t.Context(), time.Now().Add(-outbox.Retention))
	if err != nil || deleted != 2497 {
		t.Errorf("Sweep() = %d, %v, want the 2497 that are old, published and held for nobody", deleted, err)
	}
	if got, want := heldKeys(t, o, "cart", 100), append(numbers(0, 3), "2500"); !slices.Equal(got, want) {
		t.Errorf("held: %q, want %q", got, want)
	}
	var left int
	if err := db.QueryRow(t.Context(), "SELECT count(*) FROM kit_outbox").Scan(&left); err != nil || left != 3+10+2 {
		t.Errorf("%d rows are left (%v), want 15", left, err)
	}
}

func TestOutbox_Published(t *testing.T) {
	t.Parallel()
	db := open(t)
	o := outbox.New(db)
	first := published(t, db, paid, 0, 500)
	published(t, db, paidV2, 500, 510)
	published(t, db, sent, 510, 520)
	mustExec(t, db, "UPDATE kit_outbox SET created_at = timestamptz '2025-01-01T00:00:00Z' + seq * interval '1 minute'")
	minute := func(n int) time.Time { return time.Date(2025, 1, 1, 0, n, 0, 0, time.UTC) }
	emit(t, db, paid, 520, 523) // not published

	read := func(t *testing.T, s outbox.Selection) (keys []string) {
		t.Helper()
		for batch, err := range o.Published(t.Context(), s) {
			if err != nil {
				t.Fatalf("Published() = %v", err)
			}
			if len(batch) > events.MaxBatch {
				t.Errorf("a batch of %d, want %d or fewer", len(batch), events.MaxBatch)
			}
			keys = append(keys, keysOf(batch)...)
		}
		return keys
	}

	for name, s := range map[string]outbox.Selection{
		"ErrNothingIsChosen": {},
		"ErrOnlyAnEnd":       {To: time.Now()},
		"ErrEndsBefore":      {From: minute(2), To: minute(1)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for batch, err := range o.Published(t.Context(), s) {
				if err == nil {
					t.Errorf("Published(%+v) gave %d messages, want an error", s, len(batch))
				}
			}
		})
	}
	for name, test := range map[string]struct {
		selection outbox.Selection
		want      []string
	}{
		"ByType":               {outbox.Selection{Type: "shop.order.paid"}, numbers(0, 510)},
		"ByVersion":            {outbox.Selection{Type: "shop.order.paid", Version: 2}, numbers(500, 510)},
		"ByTime":               {outbox.Selection{From: minute(11), To: minute(21)}, numbers(10, 20)},
		"ByTypeAndTime":        {outbox.Selection{Type: "shop.order.sent", From: minute(501)}, numbers(510, 520)},
		"ByID":                 {outbox.Selection{IDs: idsOf(first[3:6])}, numbers(3, 6)},
		"ByIDAndAnotherType":   {outbox.Selection{IDs: idsOf(first[3:6]), Type: "shop.order.sent"}, nil},
		"NothingOfAnotherType": {outbox.Selection{Type: "shop.order"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := read(t, test.selection); !slices.Equal(got, test.want) {
				t.Errorf("got %d messages %.40q, want %d %.40q", len(got), got, len(test.want), test.want)
			}
		})
	}
	t.Run("EndsWhenTheReaderHasEnough", func(t *testing.T) {
		t.Parallel()
		batches := 0
		for _, err := range o.Published(t.Context(), outbox.Selection{Type: "shop.order.paid"}) {
			if err != nil {
				t.Errorf("Published() = %v", err)
			}
			batches++
			break
		}
		if batches != 1 {
			t.Errorf("%d batches, want one", batches)
		}
	})
}
