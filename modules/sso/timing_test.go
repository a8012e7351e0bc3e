package sso

import (
	"errors"
	"testing"
	"time"

	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/modules/sso/internal/password"
	"github.com/slipway-go/slipway/problem"
	"github.com/slipway-go/slipway/slipwaytest"
	"github.com/slipway-go/slipway/telemetry"
)

// The work is counted, not timed: a clock on a busy machine proves nothing.
func TestRefusal34_UnknownUserTakesTheWorkOfAKnownOne(t *testing.T) {
	t.Parallel()
	db := slipwaytest.Tx(t, New()).DB("sso")
	cfg, err := config.Load[Config](config.New(nil), "SSO_")
	if err != nil {
		t.Fatal(err)
	}
	hasher := password.NewHasher(2)
	s := &service{
		cfg: cfg, accounts: accounts{db: db}, passwords: hasher, nobody: hasher.Nobody(),
		brakes: newBrakes(db, cfg), logger: telemetry.Discard(),
	}
	hash, err := s.passwords.Hash(t.Context(), "four random words here")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.accounts.create(t.Context(), db, newAccount{email: "ada@example.com", name: "Ada", passwordHash: hash}); err != nil {
		t.Fatal(err)
	}
	for name, email := range map[string]string{"known": "ada@example.com", "unknown": "nobody@example.com", "malformed": "nobody"} {
		before := s.passwords.Hashes()
		_, err := s.authenticate(t.Context(), attempt{email: email, password: "wrong", address: "192.0.2.1"})
		if p, ok := errors.AsType[*problem.Error](err); !ok || p.Code() != "wrong_credentials" {
			t.Errorf("%s: authenticate() = %v, want wrong_credentials", name, err)
		}
		if got := s.passwords.Hashes() - before; got != 1 {
			t.Errorf("%s: %d hashes, want 1", name, got)
		}
	}
}

func TestBrake_Wait(t *testing.T) {
	t.Parallel()
	b := brake{free: 5, first: time.Second, most: 5 * time.Minute, forget: time.Hour}
	for _, c := range []struct {
		failures int
		since    time.Duration
		want     time.Duration
	}{
		{0, 0, 0},
		{5, 0, 0},
		{6, 0, time.Second},
		{7, 0, 2 * time.Second},
		{7, 1500 * time.Millisecond, 500 * time.Millisecond},
		{10, 0, 16 * time.Second},
		{1_000_000, 0, 5 * time.Minute},
		{1_000_000, time.Hour, 0},
	} {
		if got := b.wait(c.failures, c.since); got != c.want {
			t.Errorf("wait(%d, %s) = %s, want %s", c.failures, c.since, got, c.want)
		}
	}
}
