package sso_test

import (
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/slipway-go/slipway/modules/sso"
	"github.com/slipway-go/slipway/modules/sso/ssoapi"
)

func TestLogin_EveryFailureIsTheSame(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.register(t, "ada@example.com")
	w.register(t, "closed@example.com")
	w.exec(t, `UPDATE users SET disabled_at = now() WHERE email = 'closed@example.com'`)
	seen := map[string]bool{}
	for _, c := range []ssoapi.Credentials{
		{Email: "ada@example.com", Password: "four random words there"},
		{Email: "nobody@example.com", Password: goodPass},
		{Email: "closed@example.com", Password: goodPass},
		{Email: "no e-mail at all", Password: goodPass},
		{Email: "\ufffd@example.com", Password: goodPass},
	} {
		got := w.post(t, "/sso/v1/login", home, c)
		want(t, got, http.StatusUnauthorized, "wrong_credentials")
		seen[got.Detail] = true
	}
	if len(seen) != 1 {
		t.Errorf("failures can be told apart: %v", seen)
	}
	for _, c := range []ssoapi.Credentials{{Email: "a\x00@example.com", Password: goodPass}, {Email: "ada@example.com", Password: "a\x00"}} {
		want(t, w.post(t, "/sso/v1/login", home, c), http.StatusUnprocessableEntity, "validation_failed") // nobody has such ones
	}
}

// failMore stands for many failures more, so that no test depends on how fast
// the machine is: the wait is a minute or more then.
func (w *world) failMore(t *testing.T) {
	t.Helper()
	w.exec(t, `UPDATE throttles SET failures = failures + 6, updated_at = now()`)
}

func (w *world) pass(t *testing.T, seconds int) {
	t.Helper()
	w.exec(t, `UPDATE throttles SET updated_at = updated_at - make_interval(secs => $1)`, seconds)
}

func TestLogin_SlowsDownAndNeverLocks(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.register(t, "ada@example.com")
	for range 6 {
		want(t, w.login(t, "ada@example.com", "wrong password", home), http.StatusUnauthorized, "wrong_credentials")
	}
	w.failMore(t)
	got := w.login(t, "ada@example.com", goodPass, home)
	want(t, got, http.StatusTooManyRequests, "too_many_attempts")
	if seconds, err := strconv.Atoi(got.Header.Get("Retry-After")); err != nil || seconds > 65 {
		t.Errorf("Retry-After = %q, want the minute that is left", got.Header.Get("Retry-After"))
	}
	if got := w.login(t, "ada@example.com", goodPass, "198.51.100.7"); got.Status != http.StatusOK {
		t.Errorf("the owner, who comes from elsewhere, is kept out: %d %s", got.Status, got.Text)
	}
	w.pass(t, 65)
	want(t, w.login(t, "ada@example.com", "wrong password", home), http.StatusUnauthorized, "wrong_credentials")
	w.pass(t, 65)
	want(t, w.login(t, "ada@example.com", goodPass, home), http.StatusTooManyRequests, "too_many_attempts") // longer now
	w.pass(t, 300)
	if got := w.login(t, "ada@example.com", goodPass, home); got.Status != http.StatusOK {
		t.Errorf("after the wait the right password is refused: %d %s", got.Status, got.Text)
	}
	for range 5 { // all is forgotten
		want(t, w.login(t, "ada@example.com", "wrong password", home), http.StatusUnauthorized, "wrong_credentials")
	}
}

func TestLogin_SlowsDownUnknownAccountsAlike(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	want(t, w.login(t, "nobody@example.com", "wrong password", home), http.StatusUnauthorized, "wrong_credentials")
	w.failMore(t)
	want(t, w.login(t, "NOBODY@example.com", "wrong password", home), http.StatusTooManyRequests, "too_many_attempts")
}

func TestLogin_ManyAtOnceDoNotSlipPastTheBrake(t *testing.T) {
	t.Parallel()
	w := newCommitted(t)
	var mu sync.Mutex
	tried := 0
	var group sync.WaitGroup
	for range 40 {
		group.Go(func() {
			got := w.login(t, "ada@example.com", "wrong password", home)
			mu.Lock()
			defer mu.Unlock()
			if got.Status == http.StatusUnauthorized {
				tried++
			}
		})
	}
	group.Wait()
	if tried > 20 {
		t.Errorf("%d of 40 simultaneous guesses were tried", tried)
	}
}

func TestLogin(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	id := w.register(t, "ada@example.com")
	got := w.login(t, " ADA@example.com ", goodPass, home)
	if got.Status != http.StatusOK || got.TokenType != "Bearer" || got.ExpiresIn != 300 || got.RefreshToken == "" {
		t.Fatalf("answer = %d %s", got.Status, got.Text)
	}
	if me := w.get(t, "/shop", got.AccessToken); me.Subject != id || me.Service != "" || !strings.Contains(me.Text, `["shop:read"]`) {
		t.Errorf("the shop sees %s, want %s with shop:read", me.Text, id)
	}
	for _, secret := range []string{got.AccessToken, got.RefreshToken, goodPass} {
		if strings.Contains(w.Log(), secret) {
			t.Error("the log holds a secret")
		}
	}
	if me := w.get(t, "/shop", got.RefreshToken); me.Status != http.StatusUnauthorized {
		t.Errorf("the refresh token serves as an access token: %d", me.Status)
	}
}

func TestRoles_TakeEffectAtTheNextToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	id := w.register(t, "ada@example.com")
	first := w.login(t, "ada@example.com", goodPass, home)
	w.exec(t, `INSERT INTO user_roles VALUES ($1, 'seller'), ($1, 'unheard of')`, id)
	second := w.token(t, "", "grant_type", "refresh_token", "refresh_token", first.RefreshToken)
	if second.Scope != "shop:read shop:sell" {
		t.Errorf("scope = %q, want shop:read shop:sell", second.Scope)
	}
	w.exec(t, `UPDATE users SET disabled_at = now()`)
	want(t, w.token(t, "", "grant_type", "refresh_token", "refresh_token", second.RefreshToken), http.StatusBadRequest, "invalid_grant")
}

func TestDemoUsers(t *testing.T) {
	t.Parallel()
	demo := sso.WithDemoUsers(sso.DemoUser{Email: "seller@example.com", Password: goodPass, Name: "Sue", Roles: []string{"seller"}})
	t.Run("do not exist outside of development", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, nil, demo)
		want(t, w.login(t, "seller@example.com", goodPass, home), http.StatusUnauthorized, "wrong_credentials")
	})
	t.Run("log in at once in development", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, map[string]string{"SLIPWAY_ENV": "development"}, demo)
		got := w.login(t, "seller@example.com", goodPass, home)
		r := w.post(t, "/shop/offers", home, "", bearer(got.AccessToken))
		if r.Status != http.StatusNoContent {
			t.Errorf("the seller's offer is answered %d %s", r.Status, r.Text)
		}
	})
}
