package sso

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/modules/sso/internal/keys"
	"github.com/slipway-go/slipway/modules/sso/internal/passkey"
	"github.com/slipway-go/slipway/modules/sso/internal/password"
	"github.com/slipway-go/slipway/modules/sso/internal/revocation"
	"github.com/slipway-go/slipway/modules/sso/internal/session"
	"github.com/slipway-go/slipway/modules/sso/ssoapi"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/problem"
	"github.com/slipway-go/slipway/slipwaytest"
)

func exec(t *testing.T, db *postgres.DB, sql string, args ...any) {
	t.Helper()
	if _, err := db.Exec(t.Context(), sql, args...); err != nil {
		t.Fatal(err)
	}
}

// Whoever reads the report of a defect learns what was being done.
func TestService_SaysWhatItWasDoing(t *testing.T) {
	t.Parallel()
	db := slipwaytest.Tx(t, New()).DB("sso")
	for _, table := range []string{"users", "throttles"} {
		exec(t, db, `ALTER TABLE `+table+` RENAME TO gone_`+table)
	}
	a, b := accounts{db: db}, newBrakes(db, Config{RegistrationLimit: 1})
	for doing, do := range map[string]func(ctx context.Context) error{
		"create an account: ":        func(ctx context.Context) error { _, err := a.create(ctx, db, newAccount{}); return err },
		"look up an account: ":       func(ctx context.Context) error { _, _, err := a.byEmail(ctx, "ada@example.com"); return err },
		"look up the roles of 0000":  func(ctx context.Context) error { _, _, err := a.Permissions(ctx, uuid.UUID{}); return err },
		"look up the brakes: ":       func(ctx context.Context) error { return b.login.check(ctx, "ada") },
		"charge the address brake: ": func(ctx context.Context) error { return b.address.charge(ctx, "192.0.2.1") },
		"release the login brake: ":  func(ctx context.Context) error { return b.login.release(ctx, "ada") },
		"sweep brakes: ":             b.sweep,
		"create demo user a@example.com": func(ctx context.Context) error {
			return (&demo{accounts: a, pending: []newDemoAccount{{newAccount: newAccount{email: "a@example.com"}}}}).ensure(ctx)
		},
	} {
		err := do(t.Context())
		if err == nil || !strings.HasPrefix(err.Error(), doing) {
			t.Errorf("got %v, want an error that begins with %q", err, doing)
		}
		if _, ok := errors.AsType[*problem.Error](err); ok {
			t.Errorf("%v is a problem: it is no fault of the client's", err)
		}
	}
}

func TestService_Sweep(t *testing.T) {
	t.Parallel()
	setup := func(t *testing.T) (*service, *postgres.DB, *bytes.Buffer) {
		t.Helper()
		db, log := slipwaytest.Tx(t, New()).DB("sso"), &bytes.Buffer{}
		passkeys, err := passkey.NewStore(db, passkey.Config{Domain: "shop.example", Origins: []string{"https://shop.example"}})
		if err != nil {
			t.Fatal(err)
		}
		sealer, err := Config{}.sealer(slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		s := &service{
			admin:    administration{ring: keys.NewRing(db, sealer, keys.Config{})},
			sessions: session.NewStore(db, session.Config{}), revoked: revocation.NewStore(db), passkeys: passkeys, socialLogins: socialLogins{attempts: attempts{db}},
			brakes: newBrakes(db, Config{RegistrationLimit: 1}), codes: codes{challenges: challenges{db: db}}, demo: &demo{}, logger: slog.New(slog.NewTextHandler(log, nil)),
		}
		exec(t, db, `INSERT INTO throttles VALUES ('\x01', 9, $1), ('\x02', 9, $2)`, time.Now().Add(-25*time.Hour), time.Now().Add(-time.Minute))
		return s, db, log
	}
	left := func(t *testing.T, db *postgres.DB) (n int) {
		t.Helper()
		if err := db.QueryRow(t.Context(), `SELECT count(*) FROM throttles`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}

	t.Run("goes on with the rest when one part fails, and says so", func(t *testing.T) {
		t.Parallel()
		s, db, log := setup(t)
		exec(t, db, `ALTER TABLE sessions RENAME TO gone`)
		s.sweepOnce(t.Context())
		if n := left(t, db); n != 1 || !strings.Contains(log.String(), "sweep failed") {
			t.Errorf("%d brakes are left, want 1; the log says %q", n, log)
		}
	})
	t.Run("forgets what nobody will ask for, and nothing else", func(t *testing.T) {
		t.Parallel()
		s, db, log := setup(t)
		s.sweepOnce(t.Context())
		if n := left(t, db); n != 1 || log.Len() > 0 {
			t.Errorf("%d brakes are left, want the one that is in use; the log says %q", n, log)
		}
	})
	t.Run("ends with its context", func(t *testing.T) {
		t.Parallel()
		s, _, _ := setup(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := s.sweep(ctx); err != nil {
			t.Errorf("sweep() = %v", err)
		}
	})
}

func TestService_IsBusy(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &service{passwords: password.NewCheapHasher(1)}
		held, err := s.passwordTurn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		for range 128 { // as many as may wait
			go func() { _, _ = s.passwordTurn(ctx) }()
		}
		synctest.Wait()
		_, err = s.passwordTurn(ctx)
		p, ok := errors.AsType[*problem.Error](err)
		if !ok || p.Status() != 503 || p.Code() != "busy" || !errors.Is(err, password.ErrBusy) {
			t.Errorf("passwordTurn() = %v, want 503 busy", err)
		}
		cancel()
		synctest.Wait()
		if _, err := s.passwordTurn(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("passwordTurn() = %v for a client that is gone, want its context's error", err)
		}
		held.Release()
	})
}

func TestService_OpensNoSessionForAnAccountThatWasClosedAMomentAgo(t *testing.T) {
	t.Parallel()
	db := slipwaytest.Tx(t, New()).DB("sso")
	s := &service{accounts: accounts{db: db}, sessions: session.NewStore(db, session.Config{})}
	id, err := s.accounts.create(t.Context(), db, newAccount{email: "ada@example.com", name: "Ada"})
	if err != nil {
		t.Fatal(err)
	}
	exec(t, db, `UPDATE users SET disabled_at = now()`)
	for name, user := range map[string]uuid.UUID{"closed": id, "deleted": uuid.New()} {
		_, err := s.openSession(t.Context(), account{id: user}, session.Password, ssoapi.Origin{})
		if p, ok := errors.AsType[*problem.Error](err); !ok || p.Code() != "wrong_credentials" {
			t.Errorf("%s: openSession() = %v, want wrong_credentials", name, err)
		}
	}
	exec(t, db, `UPDATE users SET disabled_at = NULL, password_hash = 'new'`)
	if _, err := s.openSession(t.Context(), account{id: id, passwordHash: "old"}, session.Password, ssoapi.Origin{}); problem.Code(err) != "wrong_credentials" {
		t.Errorf("by a password that was changed: openSession() = %v, want wrong_credentials", err)
	}
}
