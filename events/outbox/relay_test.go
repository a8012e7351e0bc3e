package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway/events"
	"github.com/slipway-go/slipway/events/outbox"
	"github.com/slipway-go/slipway/internal/failpoint"
	"github.com/slipway-go/slipway/internal/onbehalf"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/postgres/postgrestest"
	"github.com/slipway-go/slipway/telemetry"
)

var errAway = errors.New("the broker is away")

func TestRelay_Pass(t *testing.T) {
	t.Parallel()

	t.Run("ErrTheBusFails", func(t *testing.T) {
		t.Parallel()
		db := open(t)
		emit(t, db, paid, 0, 3)
		bus := &takingBus{answer: func(int, []events.Message) (int, error) { return 0, errAway }}
		if err := newRelay(db, bus).Pass(t.Context()); !errors.Is(err, errAway) {
			t.Errorf("Pass() = %v, want the error of the bus", err)
		}
		if d := depth(t, db); d.Unpublished != 3 {
			t.Errorf("%d events are unpublished, want all 3", d.Unpublished)
		}
	})

	t.Run("PublishesAgainWhatABusThatFailedHalfWayHad", func(t *testing.T) {
		t.Parallel()
		db := open(t)
		emit(t, db, paid, 0, 10)
		bus := &takingBus{answer: func(n int, batch []events.Message) (int, error) {
			if n == 0 {
				return 5, errAway
			}
			return len(batch), nil
		}}
		r := newRelay(db, bus)
		if err := r.Pass(t.Context()); !errors.Is(err, errAway) {
			t.Errorf("Pass() = %v, want the error of the bus", err)
		}
		pass(t, r)
		if got, want := bus.keys(), append(numbers(0, 5), numbers(0, 10)...); !slices.Equal(got, want) {
			t.Errorf("the bus took %q, want %q", got, want)
		}
	})

	t.Run("PublishesNothingOfARollback", func(t *testing.T) {
		t.Parallel()
		db, refused := open(t), errors.New("refused")
		err := db.InTx(t.Context(), func(ctx context.Context, tx postgres.Tx) error {
			return errors.Join(paid.Emit(ctx, tx, "1", order{N: 1}), refused)
		})
		if !errors.Is(err, refused) {
			t.Fatalf("InTx() = %v, want the function's error", err)
		}
		var bus takingBus
		pass(t, newRelay(db, &bus))
		if got := bus.keys(); len(got) != 0 {
			t.Errorf("the bus took %q, want nothing", got)
		}
	})

	t.Run("PublishesEverythingOnceAndInOrder", func(t *testing.T) {
		t.Parallel()
		db := open(t)
		var bus takingBus
		r := newRelay(db, &bus)
		emit(t, db, paid, 0, 1200)
		pass(t, r)
		pass(t, r)
		if got := bus.keys(); !slices.Equal(got, numbers(0, 1200)) {
			t.Errorf("the bus took %d messages, want 1200 in order", len(got))
		}
		if d := depth(t, db); d.Unpublished != 0 {
			t.Errorf("%d events are unpublished, want none", d.Unpublished)
		}
	})

	t.Run("WorksInAVirtualDatabase", func(t *testing.T) {
		t.Parallel()
		conn, err := pgx.Connect(t.Context(), postgrestest.URL(t))
		if err != nil {
			t.Fatalf("connect: %v", err)
		}
		defer conn.Close(context.WithoutCancel(t.Context())) //nolint:errcheck // nothing is lost
		db, err := postgres.NewVirtual(t.Context(), conn, open(t).Schema())
		if err != nil {
			t.Fatalf("NewVirtual() = %v", err)
		}
		var bus takingBus
		r := newRelay(db, &bus)
		emit(t, db, paid, 0, 1200)
		pass(t, r)
		pass(t, r)
		if got := bus.keys(); !slices.Equal(got, numbers(0, 1200)) {
			t.Errorf("the bus took %d messages, want 1200 in order", len(got))
		}
	})

	t.Run("PublishesWhatCommittedLaterThanItsNumber", func(t *testing.T) {
		t.Parallel()
		db := open(t)
		var bus takingBus
		r := newRelay(db, &bus)
		err := db.InTx(t.Context(), func(_ context.Context, tx postgres.Tx) error {
			// The first number is drawn, and its transaction goes on.
			mustExec(t, tx, `INSERT INTO kit_outbox (id, type, version, key, traceparent, subject, data, created_at)
				VALUES (gen_random_uuid(), 'shop.order.paid', 1, 'first', '', '', '{}', now())`)
			emit(t, reopen(t, db), paid, 2, 3)
			pass(t, r)
			return nil
		})
		if err != nil {
			t.Fatalf("InTx() = %v", err)
		}
		pass(t, r)
		if got, want := bus.keys(), []string{"2", "first"}; !slices.Equal(got, want) {
			t.Errorf("the bus took %q, want %q", got, want)
		}
	})

	t.Run("ReadsLargeEventsInSmallerBatches", func(t *testing.T) {
		t.Parallel()
		db := open(t)
		large := order{Note: strings.Repeat("x", events.MaxData-100)}
		err := db.InTx(t.Context(), func(ctx context.Context, tx postgres.Tx) error {
			for n := range 100 { // 25 MiB
				if err := paid.Emit(ctx, tx, fmt.Sprint(n), large); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatalf("InTx() = %v", err)
		}
		var bus takingBus
		pass(t, newRelay(db, &bus))
		if got := bus.keys(); !slices.Equal(got, numbers(0, 100)) {
			t.Errorf("the bus took %d messages, want 100 in order", len(got))
		}
		for _, batch := range bus.batches {
			if len(batch) > 34 {
				t.Errorf("a batch had %d messages of 256 KiB, want no more than 8 MiB and one", len(batch))
			}
		}
	})

	t.Run("LeavesWhatThisVersionDoesNotDeclare", func(t *testing.T) {
		t.Parallel()
		db := open(t)
		var old, next takingBus
		emit(t, db, paidV2, 0, 600) // more than is read at once
		emit(t, db, paid, 600, 603)
		pass(t, newRelay(db, &old, declaring(paid)))
		if got := old.keys(); !slices.Equal(got, numbers(600, 603)) {
			t.Errorf("the bus took %q, want what is declared", got)
		}
		if d := depth(t, db); d.Unpublished != 600 {
			t.Errorf("%d events are unpublished, want 600", d.Unpublished)
		}
		pass(t, newRelay(db, &next, declaring(paid, paidV2)))
		if got := next.keys(); !slices.Equal(got, numbers(0, 600)) {
			t.Errorf("the bus of the next version took %d messages, want 600 in order", len(got))
		}
	})

	t.Run("CarriesEveryField", func(t *testing.T) {
		t.Parallel()
		db := open(t)
		var bus takingBus
		span := telemetry.NewSpanContext()
		ctx := context.WithValue(telemetry.WithSpan(t.Context(), span), onbehalf.Key{}, actor("user-7"))
		err := db.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error {
			return paidV2.Emit(ctx, tx, "Zürich 🛒", order{N: 7, Note: "a\u2028b"})
		})
		if err != nil {
			t.Fatalf("InTx() = %v", err)
		}
		pass(t, newRelay(db, &bus))
		m := bus.messages()[0]
		if m.Type != "shop.order.paid" || m.Version != 2 || m.Key != "Zürich 🛒" || string(m.Data) != `{"n":7,"note":"a\u2028b"}` ||
			m.Subject != "user-7" || m.Traceparent != span.Traceparent() || time.Since(m.Time).Abs() > time.Minute || m.ID.Version() != 7 {
			t.Errorf("the message is %+v", m)
		}
	})
}

type actor string

func (a actor) SubjectID() string { return string(a) }

func TestRelay_Run(t *testing.T) {
	t.Parallel()

	t.Run("GoesOnWhenTheBusWorksAgain", func(t *testing.T) {
		t.Parallel()
		db, log := open(t), &logged{}
		bus := &takingBus{answer: func(n int, batch []events.Message) (int, error) {
			if n < 3 {
				return 0, errAway
			}
			return len(batch), nil
		}}
		run(t, newRelay(db, bus, func(cfg *outbox.RelayConfig) { cfg.Logger = slog.New(slog.NewTextHandler(log, nil)) }))
		emit(t, db, paid, 0, 3)
		eventually(t, "everything is published", func() bool { return hasAll(bus.keys(), numbers(0, 3)) })
		eventually(t, "the end of the trouble is logged", func() bool { return log.count("published again") == 1 })
		if n := log.count(errAway.Error()); n != 1 {
			t.Errorf("three failures were logged %d times, want once", n)
		}
	})

	t.Run("TellsOnceOfEachTopicThatIsNotDeclared", func(t *testing.T) {
		t.Parallel()
		db, log := open(t), &logged{}
		var bus takingBus
		emit(t, db, paidV2, 0, 3)
		emit(t, db, sent, 3, 4)
		run(t, newRelay(db, &bus, declaring(paid), func(cfg *outbox.RelayConfig) { cfg.Logger = slog.New(slog.NewTextHandler(log, nil)) }))
		eventually(t, "both are told", func() bool { return log.count(`count=4 topics="shop.order.paid.v2, shop.order.sent.v1"`) == 1 })
		emit(t, db, paid, 4, 5)
		emit(t, db, paidV3, 5, 6)
		eventually(t, "the third is told by itself", func() bool { return log.count(`count=1 topics=shop.order.paid.v3`) == 1 })
		if n := log.count("does this one declare them with slipway.Emits?"); n != 2 {
			t.Errorf("the log has %d lines of it, want 2:\n%s", n, log.text())
		}
		if got := bus.keys(); !slices.Equal(got, numbers(4, 5)) {
			t.Errorf("the bus took %q, want what is declared", got)
		}
	})

	t.Run("PublishesWhatAnotherKindOfBusHeld", func(t *testing.T) {
		t.Parallel()
		db := open(t)
		var within, bus takingBus
		emit(t, db, paid, 0, 5)
		first := postgres.NewLocks(db)
		old := newRelay(db, &within, func(cfg *outbox.RelayConfig) { cfg.Locks = first })
		pass(t, old)
		if err := outbox.New(db).Hold(t.Context(), "cart", idsOf(within.messages())[1:3]); err != nil {
			t.Fatalf("Hold() = %v", err)
		}
		next := newRelay(db, &bus, locked(t, db), func(cfg *outbox.RelayConfig) { cfg.Unhold = true })
		pass(t, next)
		if d := depth(t, db); d.Held["cart"] != 2 {
			t.Errorf("%d events are held while the old process lives, want 2", d.Held["cart"])
		}
		first.Close()
		run(t, next)
		eventually(t, "what was held is published", func() bool { return slices.Equal(bus.keys(), numbers(1, 3)) })
		eventually(t, "nothing is left", func() bool { d := depth(t, db); return d.Unpublished == 0 && len(d.Held) == 0 })
	})

	t.Run("WakesAtACommit", func(t *testing.T) {
		t.Parallel()
		db := open(t)
		var bus takingBus
		run(t, newRelay(db, &bus, locked(t, db)))
		begun := time.Now()
		for n := range 40 {
			emit(t, db, paid, n, n+1)
			eventually(t, "the event is published", func() bool { return hasAll(bus.keys(), numbers(n, n+1)) })
		}
		// Whoever only looks now and then needs a quarter of a second for each.
		if took := time.Since(begun); took > 8*time.Second {
			t.Errorf("40 events took %s one after another", took)
		}
	})

	t.Run("FindsWhatAnotherProcessEmitted", func(t *testing.T) {
		t.Parallel()
		db := open(t)
		var bus takingBus
		run(t, newRelay(db, &bus))
		emit(t, reopen(t, db), paid, 0, 3)
		eventually(t, "everything is published", func() bool { return hasAll(bus.keys(), numbers(0, 3)) })
	})

	t.Run("LosesNothingOfManyWhoEmitAtOnce", func(t *testing.T) {
		t.Parallel()
		const emitters, each = 100, 10
		db := open(t)
		var bus takingBus
		run(t, newRelay(db, &bus, locked(t, db)))
		var emitting sync.WaitGroup
		for n := range emitters {
			emitting.Go(func() {
				for i := range each {
					if err := emitLate(t.Context(), db, n*each+i); err != nil {
						t.Errorf("emit: %v", err)
					}
				}
			})
		}
		emitting.Wait()
		eventually(t, "everything is published", func() bool { return hasAll(bus.keys(), numbers(0, emitters*each)) })
		if got := len(bus.keys()); got != emitters*each {
			t.Errorf("%d messages were published, want %d, each once", got, emitters*each)
		}
	})

	t.Run("FindsWhatCommittedVeryLate", func(t *testing.T) {
		t.Parallel()
		const meanwhile = 12_000 // more than it looks back
		db := open(t)
		var bus takingBus
		run(t, newRelay(db, &bus))
		err := reopen(t, db).InTx(t.Context(), func(_ context.Context, tx postgres.Tx) error {
			mustExec(t, tx, `INSERT INTO kit_outbox (id, type, version, key, traceparent, subject, data, created_at)
				VALUES (gen_random_uuid(), 'shop.order.paid', 1, 'first', '', '', '{}', now())`)
			for n := 0; n < meanwhile; n += 1000 {
				emit(t, db, paid, n, n+1000)
			}
			eventually(t, "everything else is published", func() bool { return hasAll(bus.keys(), numbers(0, meanwhile)) })
			return nil
		})
		if err != nil {
			t.Fatalf("InTx() = %v", err)
		}
		eventually(t, "the first event is published", func() bool { return hasAll(bus.keys(), []string{"first"}) })
		if got := len(bus.keys()); got != meanwhile+1 {
			t.Errorf("%d messages were published, want %d, each once", got, meanwhile+1)
		}
	})

	t.Run("LosesNothingWhereTwoAreActive", func(t *testing.T) {
		t.Parallel()
		db := open(t)
		var bus takingBus
		run(t, newRelay(db, &bus)) // without locks, as after the loss of a connection
		run(t, newRelay(reopen(t, db), &bus))
		for n := range 100 {
			emit(t, db, paid, n*10, (n+1)*10)
		}
		eventually(t, "everything is published", func() bool { return hasAll(bus.keys(), numbers(0, 1000)) })
		eventually(t, "everything is marked", func() bool { return depth(t, db).Unpublished == 0 })
	})

	t.Run("IsActiveInOneProcess", func(t *testing.T) {
		t.Parallel()
		db := open(t)
		var one, two takingBus
		first := newRelay(db, &one, locked(t, db))
		pass(t, first) // it has the lock now
		other := reopen(t, db)
		run(t, newRelay(other, &two, locked(t, other)))
		emit(t, other, paid, 0, 3)
		pass(t, newRelay(other, &two, locked(t, other)))
		if got := two.keys(); len(got) != 0 {
			t.Errorf("the second process published %q while the first one lives", got)
		}
		pass(t, first)
		if got := one.keys(); !slices.Equal(got, numbers(0, 3)) {
			t.Errorf("the first process published %q, want three", got)
		}
	})

	t.Run("TakesOverWhenTheSessionOfTheOtherEnds", func(t *testing.T) {
		t.Parallel()
		db := open(t)
		locks := postgres.NewLocks(db)
		var one, two takingBus
		pass(t, newRelay(db, &one, func(cfg *outbox.RelayConfig) { cfg.Locks = locks }))
		other := reopen(t, db)
		run(t, newRelay(other, &two, locked(t, other)))
		emit(t, db, paid, 0, 3)
		locks.Close()
		eventually(t, "everything is published", func() bool { return hasAll(two.keys(), numbers(0, 3)) })
	})

	t.Run("FinishesTheBatchInHand", func(t *testing.T) {
		t.Parallel()
		db := open(t)
		emit(t, db, paid, 0, 1200)
		var bus takingBus
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		armed := failpoint.With(ctx, func(point string) {
			if point == "relay.published" {
				cancel()
			}
		})
		if err := newRelay(db, &bus).Run(armed); err != nil {
			t.Errorf("Run() = %v, want nil after the end of its context", err)
		}
		published := len(bus.keys())
		if d := depth(t, db); d.Unpublished != int64(1200-published) {
			t.Errorf("%d events were published and %d are not marked so, want 1200 together", published, d.Unpublished)
		}
	})

	t.Run("GoesOnAfterItsConnectionsWereTerminated", func(t *testing.T) {
		t.Parallel()
		db := open(t)
		var bus takingBus
		locks := &rememberingLocks{Locks: postgres.NewLocks(db)}
		t.Cleanup(locks.Close)
		run(t, newRelay(db, &bus, func(cfg *outbox.RelayConfig) { cfg.Locks = locks }))
		emit(t, db, paid, 0, 3)
		eventually(t, "everything is published", func() bool { return hasAll(bus.keys(), numbers(0, 3)) })
		other := reopen(t, db)
		mustExec(t, other, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND application_name = $1`, db.Schema())
		mustExec(t, other, `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND (classid::bigint << 32 | objid::bigint) = $1`, locks.key.Load())
		emit(t, other, paid, 3, 6)
		eventually(t, "everything is published", func() bool { return hasAll(bus.keys(), numbers(0, 6)) })
	})
}

// rememberingLocks knows which lock it was asked for.
type rememberingLocks struct {
	*postgres.Locks
	key atomic.Int64
}

func (l *rememberingLocks) TryLock(ctx context.Context, key int64) (bool, error) {
	l.key.Store(key)
	return l.Locks.TryLock(ctx, key)
}

// emitLate draws a number long before it commits, so that commits come in another order.
func emitLate(ctx context.Context, db *postgres.DB, n int) error {
	return db.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error {
		tx.Signal(events.Emitted)
		_, err := tx.Exec(ctx, `INSERT INTO kit_outbox (id, type, version, key, traceparent, subject, data, created_at)
			VALUES (gen_random_uuid(), 'shop.order.paid', 1, $1, '', '', '{}', now())`, fmt.Sprint(n))
		if err == nil && n%3 == 0 {
			_, err = tx.Exec(ctx, "SELECT pg_sleep(0.01)")
		}
		return err
	})
}

func depth(t testing.TB, db *postgres.DB) outbox.Depth {
	t.Helper()
	d, err := outbox.New(db).Depth(t.Context())
	if err != nil {
		t.Fatalf("Depth() = %v", err)
	}
	return d
}
