package simulator_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/modules/acquiring"
	"github.com/slipway-go/slipway/modules/acquiring/migrations"
	"github.com/slipway-go/slipway/modules/acquiring/simulator"
	"github.com/slipway-go/slipway/money"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/slipwaytest"
)

func TestMain(m *testing.M) { slipwaytest.Main(m) }

func TestCharge(t *testing.T) {
	t.Parallel()

	t.Run("says what is wrong when the books cannot be written", func(t *testing.T) {
		t.Parallel()
		a := newAcquirer(t)
		a.close(t)
		if r, err := a.Charge(t.Context(), a.charge(t, simulator.CardApproved)); err == nil {
			t.Errorf("Charge = %+v, want an error: the outcome is not known", r)
		}
	})

	t.Run("books nothing when the request is lost", func(t *testing.T) {
		t.Parallel()
		a := newAcquirer(t)
		c := a.charge(t, simulator.CardRequestLost)
		if r, err := a.Charge(t.Context(), c); err == nil {
			t.Errorf("Charge = %+v, want an error", r)
		}
		a.want(t, c.Key, acquiring.Result{Outcome: acquiring.NotFound})
	})

	t.Run("has booked the charge whose answer is lost", func(t *testing.T) {
		t.Parallel()
		a := newAcquirer(t)
		c := a.charge(t, simulator.CardAnswerLost)
		if r, err := a.Charge(t.Context(), c); err == nil {
			t.Errorf("Charge = %+v, want an error", r)
		}
		a.want(t, c.Key, acquiring.Result{Outcome: acquiring.Approved})
		if r, err := a.Charge(t.Context(), c); err != nil || r.Outcome != acquiring.Approved {
			t.Errorf("asked again: %+v, %v; want it approved", r, err)
		}
	})

	t.Run("has booked the charge for whose answer nobody waits", func(t *testing.T) {
		t.Parallel()
		a := newAcquirer(t)
		c := a.charge(t, simulator.CardSlow)
		ctx, hangUp := context.WithCancel(t.Context())
		answered := make(chan error, 1)
		go func() {
			_, err := a.Charge(ctx, c)
			answered <- err
		}()
		for a.lookup(t, c.Key).Outcome != acquiring.Approved {
			select {
			case err := <-answered:
				t.Fatalf("Charge = %v before anything was booked", err)
			default: // look again
			}
		}
		hangUp()
		if err := <-answered; !errors.Is(err, context.Canceled) {
			t.Errorf("Charge = %v, want context.Canceled", err)
		}
	})

	t.Run("decides by the card, once for a key", func(t *testing.T) {
		t.Parallel()
		a := newAcquirer(t)
		for card, want := range map[string]acquiring.Result{
			simulator.CardApproved:          {Outcome: acquiring.Approved},
			simulator.CardDeclined:          {Outcome: acquiring.Declined, Reason: "do_not_honor"},
			simulator.CardInsufficientFunds: {Outcome: acquiring.Declined, Reason: "insufficient_funds"},
			"378282246310005":               {Outcome: acquiring.Declined, Reason: "not_a_test_card"},
		} {
			c := a.charge(t, card)
			for range 2 {
				if got, err := a.Charge(t.Context(), c); err != nil || got != want {
					t.Errorf("Charge with …%s = %+v, %v; want %+v", c.Card.Last4(), got, err, want)
				}
			}
			a.want(t, c.Key, want)
			if got := a.booked(t, c.Reference); got != 1 {
				t.Errorf("Charge with …%s is booked %d times, want once", c.Card.Last4(), got)
			}
		}
	})
}

func TestLookup(t *testing.T) {
	t.Parallel()

	t.Run("says what is wrong when the books cannot be read", func(t *testing.T) {
		t.Parallel()
		a := newAcquirer(t)
		a.close(t)
		if r, err := a.Lookup(t.Context(), uuid.New()); err == nil {
			t.Errorf("Lookup = %+v, want an error: that nothing was charged is not known", r)
		}
	})

	t.Run("finds nothing that was never asked for", func(t *testing.T) {
		t.Parallel()
		newAcquirer(t).want(t, uuid.New(), acquiring.Result{Outcome: acquiring.NotFound})
	})
}

// An acquirer is the simulator with its books.
type acquirer struct {
	acquiring.Provider
	books *postgres.DB
}

// newAcquirer opens the simulator in a module that has its books and nothing else.
func newAcquirer(t *testing.T) *acquirer {
	t.Helper()
	a := &acquirer{}
	slipwaytest.Tx(t, slipway.NewModule(api.Module("books"), func(m *slipway.Setup, _ struct{}) (err error) {
		a.books = m.DB()
		a.Provider, err = simulator.Adapter().Open(m)
		return err
	}, slipway.Migrations(migrations.Files)))
	return a
}

func (a *acquirer) charge(t *testing.T, card string) acquiring.Charge {
	t.Helper()
	c, err := acquiring.ParseCard(card)
	if err != nil {
		t.Fatal(err)
	}
	return acquiring.Charge{Key: uuid.New(), Reference: uuid.New(), Amount: money.Money{Amount: 1250, Currency: "EUR"}, Card: c}
}

func (a *acquirer) lookup(t *testing.T, key uuid.UUID) acquiring.Result {
	t.Helper()
	r, err := a.Lookup(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (a *acquirer) want(t *testing.T, key uuid.UUID, want acquiring.Result) {
	t.Helper()
	if got := a.lookup(t, key); got != want {
		t.Errorf("Lookup = %+v, want %+v", got, want)
	}
}

func (a *acquirer) booked(t *testing.T, reference uuid.UUID) (n int) {
	t.Helper()
	if err := a.books.QueryRow(t.Context(), `SELECT count(*) FROM simulated_charges WHERE reference = $1`, reference).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// close takes the books away.
func (a *acquirer) close(t *testing.T) {
	t.Helper()
	if _, err := a.books.Exec(t.Context(), `DROP TABLE simulated_charges`); err != nil {
		t.Fatal(err)
	}
}
