package acquiring

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/modules/acquiring/acquiringapi"
	"github.com/slipway-go/slipway/modules/acquiring/migrations"
	"github.com/slipway-go/slipway/money"
	"github.com/slipway-go/slipway/problem"
	"github.com/slipway-go/slipway/slipwaytest"
)

// A world is the module with a payable and an acquirer that do as they are told.
type world struct {
	service     *service
	kit         *slipwaytest.Kit
	buyer       *slipwaytest.Kit
	cart        uuid.UUID
	key         string // of the last payment
	payableDown bool
	told        *slipwaytest.Received[acquiringapi.ReleaseInput]
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
	}, slipway.Migrations(migrations.Files), slipway.Emits(acquiringapi.Captured))
	k := slipwaytest.Tx(t, module)
	w.kit, w.buyer = k, k.As("customer")
	slipwaytest.Refuse(k, acquiringapi.Claim, problem.Conflict("the total is another").WithCode(acquiringapi.CodeTotalChanged))
	w.told = slipwaytest.Serve(k, acquiringapi.Release, func(context.Context, acquiringapi.ReleaseInput) (out api.Empty, err error) {
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

// untold returns a payment as the version left it behind that told its payable of a
// capture by a call, and died before that.
func (w *world) untold(t *testing.T) payment {
	t.Helper()
	p := w.pending(t)
	w.exec(t, `UPDATE payments SET status = 'captured' WHERE id = $1`, p.ID)
	return p
}

// later lets time pass for the payments: the test is one transaction, in which
// the database's clock stands.
func (w *world) later(t *testing.T, d time.Duration) {
	t.Helper()
	w.exec(t, `UPDATE payments SET due_at = due_at - $1::interval, charged_at = charged_at - $1::interval`, d)
}

func (w *world) exec(t *testing.T, sql string, args ...any) {
	t.Helper()
	if _, err := w.service.payments.db.Exec(t.Context(), sql, args...); err != nil {
		t.Fatal(err)
	}
}

// refuseReleases lets the payable refuse to be told anything.
func (w *world) refuseReleases(p *problem.Error) {
	w.told = slipwaytest.Refuse(w.kit, acquiringapi.Release, p)
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

// wantReleased checks that the payable was given back by the payment alone.
func (w *world) wantReleased(t *testing.T, p payment) {
	t.Helper()
	told := w.told.Inputs()
	if len(told) == 0 || told[len(told)-1] != (acquiringapi.ReleaseInput{ID: p.CartID, Body: acquiringapi.Released{PaymentID: p.ID}}) {
		t.Errorf("the payable was told %v, want it given back by %s", told, p.ID)
	}
	slipwaytest.Unpublished(w.kit.In(t), acquiringapi.Captured)
}

// wantCaptured checks that everybody was told of the payment, once.
func (w *world) wantCaptured(t *testing.T, p payment) {
	t.Helper()
	if got := slipwaytest.Published(w.kit.In(t), acquiringapi.Captured); len(got) != 1 || got[0].PaymentID != p.ID || got[0].PayableID != p.CartID {
		t.Errorf("published was %+v, want payment %s once", got, p.ID)
	}
	if told := w.told.Count(); told != 0 {
		t.Errorf("the payable was given back %d times, want it kept", told)
	}
}
