package acquiring

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/modules/acquiring/acquiringapi"
	"github.com/slipway-go/slipway/modules/acquiring/migrations"
	"github.com/slipway-go/slipway/money"
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
		w.wantStatus(t, p, acquiringapi.Created, false) // the request may still be at work
		w.later(t, lease)
		w.pass(t)
		w.wantStatus(t, p, acquiringapi.Failed, true)
		w.wantTold(t, `"failed"`)
	})

	t.Run("finds out what became of a charge without an answer", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		p := w.pending(t)
		w.found = Result{Outcome: Approved}
		w.later(t, lease)
		w.pass(t)
		w.wantStatus(t, p, acquiringapi.Captured, true)
		w.wantTold(t, `"captured"`)
	})

	t.Run("believes that nothing was charged only after a while", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		p := w.pending(t)
		w.found = Result{Outcome: NotFound}
		w.later(t, lease)
		w.pass(t)
		w.wantStatus(t, p, acquiringapi.Pending, false)
		w.later(t, time.Minute)
		w.pass(t)
		w.wantStatus(t, p, acquiringapi.Failed, true)
		w.wantTold(t, `"failed"`)
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
		w.wantStatus(t, p, acquiringapi.Pending, false)
		w.later(t, time.Minute)
		w.pass(t)
		w.wantStatus(t, p, acquiringapi.Failed, true)
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
		w.wantStatus(t, p, acquiringapi.Failed, false)
		w.pass(t) // at once
		w.wantStatus(t, p, acquiringapi.Failed, true)
		w.wantTold(t, `"failed"`)
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
		w.wantStatus(t, p, acquiringapi.Pending, false)
	})

	t.Run("tells the payable again until it listens", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		p := w.pending(t)
		w.found, w.payableDown = Result{Outcome: Declined, Reason: "stolen"}, true
		w.later(t, lease)
		w.pass(t)
		w.wantStatus(t, p, acquiringapi.Declined, false)
		w.payableDown = false
		w.later(t, lease)
		w.pass(t)
		w.wantStatus(t, p, acquiringapi.Declined, true)
		w.wantTold(t, `"failed"`)
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
		if got.ID != p.ID || got.Status != acquiringapi.Captured || len(w.charges) != 1 || w.charges[0].Key != p.ID {
			t.Errorf("payment = %+v after charges %+v, want %s captured", got, w.charges, p.ID)
		}
		w.wantTold(t, `"captured"`)
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

func TestAdapter_allowed(t *testing.T) {
	t.Parallel()
	toys, bank := Adapter{Name: "toys", TestMoney: true}, Adapter{Name: "bank"}
	if err := toys.allowed(config.Production, false); err == nil || !strings.Contains(err.Error(), "ACQUIRING_TEST_MONEY") {
		t.Errorf("toys in production: %v, want an error that names the setting", err)
	}
	for _, err := range []error{
		toys.allowed(config.Production, true), toys.allowed(config.Development, false), bank.allowed(config.Production, false),
	} {
		if err != nil {
			t.Errorf("got %v, want it allowed", err)
		}
	}
}

func TestNewService(t *testing.T) {
	t.Parallel()
	adapter := Adapter{Name: "bank", Open: func(*slipway.Setup) (Provider, error) { return nil, errors.New("its key is missing") }}
	module := slipway.NewModule(acquiringapi.Module, func(m *slipway.Setup, cfg Config) error {
		_, err := newService(m, cfg, adapter)
		return err
	})
	cart := func(_, _ string, next http.RoundTripper) http.RoundTripper { return next } // it is not called
	app, err := slipway.NewWith(config.New(map[string]string{
		"SLIPWAY_ENV": "test", "SSO_URL": "http://sso.test", "SSO_ISSUER": "http://sso.test",
		"ACQUIRING_CLIENT_SECRET": "made up, and long enough for a secret",
	}), slipway.Overrides{Neighbour: cart, Stdout: io.Discard}, module)
	if err != nil {
		t.Fatal(err)
	}
	want := "open the acquirer bank: its key is missing"
	if err := app.Start(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("Start = %v, want %q in it", err, want)
	}
}

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
		w.wantStatus(t, old, acquiringapi.Pending, false)
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

// A world is the module with a payable and an acquirer that do as they are told.
type world struct {
	service     *service
	buyer       *slipwaytest.Kit
	cart        uuid.UUID
	key         string // of the last payment
	payableDown bool
	told        *slipwaytest.Received[acquiringapi.SettleInput]
	found       Result // the zero one means that the acquirer is down
	lookups     int
	charged     Result // the zero one means that the acquirer is down
	charges     []Charge
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{cart: uuid.New()}
	adapter := Adapter{Name: "stub", Open: func(*slipway.Setup) (Provider, error) { return w, nil }}
	module := slipway.NewModule(acquiringapi.Module, func(m *slipway.Setup, cfg Config) (err error) {
		w.service, err = newService(m, cfg, adapter)
		api.Handle(m, acquiringapi.Create, w.service.create)
		api.Handle(m, acquiringapi.Get, w.service.get)
		return err
	}, slipway.Migrations(migrations.Files))
	k := slipwaytest.Tx(t, module)
	w.buyer = k.As("customer")
	slipwaytest.Refuse(k, acquiringapi.Claim, problem.Conflict("the total is another").WithCode(acquiringapi.CodeTotalChanged))
	w.told = slipwaytest.Serve(k, acquiringapi.Settle, func(context.Context, acquiringapi.SettleInput) (out api.Empty, err error) {
		if w.payableDown {
			return out, problem.Internal("the payable is down")
		}
		return out, nil
	})
	return w
}

// Charge implements Provider.
func (w *world) Charge(_ context.Context, c Charge) (Result, error) {
	w.charges = append(w.charges, c)
	return w.answer(w.charged)
}

// Lookup implements Provider.
func (w *world) Lookup(context.Context, uuid.UUID) (Result, error) {
	w.lookups++
	return w.answer(w.found)
}

func (w *world) answer(r Result) (Result, error) {
	if r == (Result{}) {
		return r, errors.New("the acquirer is down")
	}
	return r, nil
}

// pay repeats the request of the last payment.
func (w *world) pay(t *testing.T, p payment) *slipwaytest.Answer[acquiringapi.Payment] {
	t.Helper()
	order := acquiringapi.Order{CartID: p.CartID, Amount: p.Amount, Card: "4242424242424242"}
	return slipwaytest.Do(w.buyer.In(t), acquiringapi.Create, acquiringapi.CreateInput{Body: order}, slipwaytest.Key(w.key))
}

func (w *world) create(t *testing.T) payment {
	t.Helper()
	card, err := ParseCard("4242424242424242")
	if err != nil {
		t.Fatal(err)
	}
	w.key = uuid.NewString()
	p, err := w.service.payments.create(t.Context(), order{
		Owner: w.buyer.Subject(), Key: w.key, CartID: w.cart, Amount: money.Money{Amount: 1250, Currency: "EUR"}, Card: card,
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// pending returns a payment that was asked of the acquirer by a process that is gone.
func (w *world) pending(t *testing.T) payment {
	t.Helper()
	p, err := w.service.payments.move(t.Context(), w.create(t), claimed, "")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// later lets time pass for the payments: the test is one transaction, in which
// the database's clock stands.
func (w *world) later(t *testing.T, d time.Duration) {
	t.Helper()
	_, err := w.service.payments.db.Exec(t.Context(), `UPDATE payments SET due_at = due_at - $1::interval, charged_at = charged_at - $1::interval`, d)
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) pass(t *testing.T) {
	t.Helper()
	w.service.pass(t.Context())
}

func (w *world) wantStatus(t *testing.T, p payment, status acquiringapi.Status, settled bool) {
	t.Helper()
	got, err := w.service.payments.get(t.Context(), p.ID)
	if err != nil {
		t.Fatal(err)
	}
	if got.Status != status || got.Settled != settled {
		t.Errorf("the payment is %s (%s), settled %v; want %s, %v", got.Status, got.Reason, got.Settled, status, settled)
	}
}

// wantTold checks the last settlement that the payable was told of.
func (w *world) wantTold(t *testing.T, outcome string) {
	t.Helper()
	bodies := w.told.Bodies()
	if len(bodies) == 0 || !strings.Contains(bodies[len(bodies)-1], outcome) {
		t.Errorf("the payable was told %v, want %s at last", bodies, outcome)
	}
}
