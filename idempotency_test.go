package slipway_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/problem"
	"github.com/slipway-go/slipway/slipwaytest"
)

// till sells things; what a sale does is the test's.
var (
	tillModule = api.Module("till")
	refund     = api.POST[saleInput, sale](tillModule, "/refunds", auth.SignedIn(), "Give money back").KeyRequired()
	sell       = api.POST[saleInput, sale](tillModule, "/sales", auth.SignedIn(), "Sell something").Status(http.StatusCreated).Idempotent()
)

type saleInput struct {
	Body struct {
		What string `json:"what"`
	}
}

type sale struct {
	Number int64 `json:"number"`
}

type till struct {
	sales atomic.Int64
	db    *postgres.DB
	sell  func(context.Context) error
}

func (s *till) module() slipway.Module {
	none := fstest.MapFS{"00001_none.sql": {Data: []byte("-- +goose Up\nSELECT 1;\n-- +goose Down\nSELECT 1;\n")}}
	return slipway.NewModule(tillModule, func(m *slipway.Setup, _ struct{}) error {
		s.db = m.DB()
		api.Handle(m, refund, func(context.Context, saleInput) (sale, error) { return sale{}, nil })
		api.Handle(m, sell, func(ctx context.Context, _ saleInput) (sale, error) {
			n := s.sales.Add(1)
			if s.sell != nil {
				return sale{n}, s.sell(ctx)
			}
			return sale{n}, nil
		})
		return nil
	}, slipway.Migrations(none))
}

func selling(what string) saleInput {
	var in saleInput
	in.Body.What = what
	return in
}

func TestIdempotent(t *testing.T) {
	t.Parallel()
	setup := func(t *testing.T) (*till, *slipwaytest.Kit) {
		t.Helper()
		s := &till{}
		return s, slipwaytest.Tx(t, s.module()).User("anna")
	}

	t.Run("answers a repeated key alike and acts once", func(t *testing.T) {
		t.Parallel()
		s, anna := setup(t)
		first := slipwaytest.Do(anna, sell, selling("tea"), slipwaytest.Key("k")).Want(201)
		again := slipwaytest.Do(anna, sell, selling("tea"), slipwaytest.Key("k")).Want(201)
		if again.Body != first.Body || again.Header.Get("Idempotent-Replayed") != "true" || s.sales.Load() != 1 {
			t.Errorf("again = %+v, %d sales", again.Body, s.sales.Load())
		}
	})

	t.Run("refuses the key for another body", func(t *testing.T) {
		t.Parallel()
		_, anna := setup(t)
		slipwaytest.Do(anna, sell, selling("tea"), slipwaytest.Key("k")).Want(201)
		slipwaytest.Do(anna, sell, selling("milk"), slipwaytest.Key("k")).WantCode(422, "idempotency_key_reused")
	})

	t.Run("keeps people's keys apart", func(t *testing.T) {
		t.Parallel()
		s, anna := setup(t)
		slipwaytest.Do(anna, sell, selling("tea"), slipwaytest.Key("k")).Want(201)
		slipwaytest.Do(anna.User("bert"), sell, selling("milk"), slipwaytest.Key("k")).Want(201)
		if got := s.sales.Load(); got != 2 {
			t.Errorf("sales = %d, want 2", got)
		}
	})

	t.Run("says that the first is at work", func(t *testing.T) {
		t.Parallel()
		s, anna := setup(t)
		atWork, finish := make(chan struct{}), make(chan struct{})
		s.sell = func(context.Context) error { close(atWork); <-finish; return nil }
		done := make(chan int)
		go func() { done <- slipwaytest.Do(anna, sell, selling("tea"), slipwaytest.Key("k")).Status }()
		<-atWork
		busy := slipwaytest.Do(anna, sell, selling("tea"), slipwaytest.Key("k"))
		close(finish)
		if status := <-done; status != 201 {
			t.Errorf("first = %d", status)
		}
		if busy.WantCode(409, "idempotency_in_flight").Header.Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
	})

	for name, c := range map[string]struct {
		fail   func(context.Context) error
		status int
	}{
		"an unexpected error": {func(context.Context) error { return errors.New("broken") }, 500},
		"a panic":             {func(context.Context) error { panic("broken") }, 500},
		"a conflict":          {func(context.Context) error { return problem.Conflict("not now") }, 409},
	} {
		t.Run("lets the key be tried again after "+name, func(t *testing.T) {
			t.Parallel()
			s, anna := setup(t)
			s.sell = c.fail
			slipwaytest.Do(anna, sell, selling("tea"), slipwaytest.Key("k")).Want(c.status)
			s.sell = nil
			slipwaytest.Do(anna, sell, selling("tea"), slipwaytest.Key("k")).Want(201)
		})
	}

	t.Run("keeps a refusal that is final", func(t *testing.T) {
		t.Parallel()
		s, anna := setup(t)
		s.sell = func(context.Context) error { return problem.PaymentRequired("declined") }
		slipwaytest.Do(anna, sell, selling("tea"), slipwaytest.Key("k")).Want(402)
		s.sell = nil
		slipwaytest.Do(anna, sell, selling("tea"), slipwaytest.Key("k")).Want(402)
	})

	t.Run("takes over from a process that died, and fences it off", func(t *testing.T) {
		t.Parallel()
		s, anna := setup(t)
		// The first attempt finds, when it comes back, that its lease is over
		// and that another has answered.
		s.sell = func(ctx context.Context) error {
			s.sell = nil
			s.expireLeases(ctx, t)
			slipwaytest.Do(anna, sell, selling("tea"), slipwaytest.Key("k")).Want(201)
			return nil
		}
		slipwaytest.Do(anna, sell, selling("tea"), slipwaytest.Key("k")).Want(201)
		if got := slipwaytest.Do(anna, sell, selling("tea"), slipwaytest.Key("k")).Want(201).Body.Number; got != 2 {
			t.Errorf("replayed answer is number %d, want that of the second attempt", got)
		}
	})

	t.Run("asks for a key where the contract does", func(t *testing.T) {
		t.Parallel()
		_, anna := setup(t)
		slipwaytest.Do(anna, refund, selling("tea")).WantCode(400, "missing_idempotency_key")
		slipwaytest.Do(anna, refund, selling("tea"), slipwaytest.Key("k")).Want(200)
	})

	t.Run("refuses a key that is none", func(t *testing.T) {
		t.Parallel()
		_, anna := setup(t)
		slipwaytest.Do(anna, sell, selling("tea"), slipwaytest.Key("")).WantCode(400, "bad_idempotency_key")
		slipwaytest.Do(anna, sell, selling("tea"), slipwaytest.Key(strings.Repeat("k", 300))).WantCode(400, "bad_idempotency_key")
		slipwaytest.Do(anna, sell, selling("tea"), slipwaytest.Key("\xff")).WantCode(400, "bad_idempotency_key")
	})
}

func (s *till) expireLeases(ctx context.Context, t *testing.T) {
	t.Helper()
	if _, err := s.db.Exec(ctx, `UPDATE idempotency SET lease_until = now() - interval '1 second'`); err != nil {
		t.Error(err)
	}
}
