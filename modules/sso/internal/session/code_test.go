package session_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/modules/sso"
	"github.com/slipway-go/slipway/modules/sso/internal/session"
	"github.com/slipway-go/slipway/slipwaytest"
)

// A lounge is a store with a browser's session that may let clients in.
type lounge struct {
	*world
	browser session.Session
}

func newLounge(t *testing.T, cfg session.Config) *lounge {
	t.Helper()
	l := &lounge{world: newWorld(t, cfg)}
	var err error
	l.browser, _, err = l.BeginInBrowser(t.Context(), session.Login{
		User: l.session.User, Client: "slipway", Method: session.Passkey, Device: session.Device{Address: "192.0.2.1", UserAgent: "Firefox"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func (l *lounge) code(t *testing.T) string {
	t.Helper()
	code, err := l.IssueCode(t.Context(), session.AuthorizationCode{
		Parent: l.browser.ID, Client: "web", RedirectURI: "https://web.test/back", Challenge: "the challenge", Nonce: "a nonce", Scope: []string{"openid"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return code
}

func redemption(code string, change ...func(*session.CodeRedemption)) session.CodeRedemption {
	r := session.CodeRedemption{Code: code, Client: "web", RedirectURI: "https://web.test/back", Challenge: "the challenge", Continued: true}
	for _, f := range change {
		f(&r)
	}
	return r
}

func (l *lounge) redeemCode(t *testing.T, code string) session.Redeemed {
	t.Helper()
	got, err := l.RedeemCode(t.Context(), redemption(code))
	if err != nil {
		t.Fatalf("RedeemCode() = %v", err)
	}
	return got
}

func (l *lounge) refusesCode(t *testing.T, r session.CodeRedemption, want error) {
	t.Helper()
	if got, err := l.RedeemCode(t.Context(), r); !errors.Is(err, want) || got.RefreshToken != "" || got.Session.ID != uuid.Nil {
		t.Errorf("RedeemCode() = %+v, %v, want %v", got, err, want)
	}
}

func (l *lounge) goesOn(t *testing.T, id uuid.UUID) bool {
	t.Helper()
	_, found, err := l.Find(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestRefusal21_CodeReplay(t *testing.T) {
	t.Parallel()
	l := newLounge(t, session.Config{})
	code := l.code(t)
	got := l.redeemCode(t, code)
	l.refusesCode(t, redemption(code), session.ErrCodeReplayed)
	if l.goesOn(t, got.Session.ID) {
		t.Error("the session that came of the code goes on")
	}
	if !l.goesOn(t, l.browser.ID) {
		t.Error("the browser's session has ended too")
	}
	if _, _, err := l.Redeem(t.Context(), session.Redemption{Token: got.RefreshToken, Client: "web", Arrived: time.Now()}); !errors.Is(err, session.ErrOver) {
		t.Errorf("its refresh token: %v, want ErrOver", err)
	}
	t.Run("by whoever has nothing but the code", func(t *testing.T) {
		t.Parallel()
		l := newLounge(t, session.Config{})
		code := l.code(t)
		got := l.redeemCode(t, code)
		l.refusesCode(t, session.CodeRedemption{Code: code, Client: "thief"}, session.ErrCodeReplayed)
		if l.goesOn(t, got.Session.ID) {
			t.Error("the session goes on although the code has leaked")
		}
	})
}

func TestRefusal22_ConcurrentRedemptionOfACode(t *testing.T) {
	t.Parallel()
	l := newLounge(t, session.Config{})
	for range 10 {
		code := l.code(t)
		var group sync.WaitGroup
		var won [8]uuid.UUID
		begin := make(chan struct{})
		for i := range won {
			group.Go(func() {
				<-begin
				got, err := l.RedeemCode(t.Context(), redemption(code))
				if err != nil && !errors.Is(err, session.ErrCodeReplayed) {
					t.Errorf("RedeemCode() = %v, want a session or ErrCodeReplayed", err)
				}
				won[i] = got.Session.ID
			})
		}
		close(begin)
		group.Wait()
		winners := 0
		for _, id := range won {
			if id != uuid.Nil {
				winners++
				if l.goesOn(t, id) {
					t.Error("the session goes on although the code was redeemed eight times")
				}
			}
		}
		if winners != 1 {
			t.Fatalf("%d of 8 redemptions won, want 1", winners)
		}
	}
}

func TestStore_RedeemCode(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*session.CodeRedemption){
		"a code that nobody gave out":   func(r *session.CodeRedemption) { r.Code += "x" },
		"another client":                func(r *session.CodeRedemption) { r.Client = "app" },
		"another redirect_uri":          func(r *session.CodeRedemption) { r.RedirectURI += "/" },
		"another verifier":              func(r *session.CodeRedemption) { r.Challenge = "another" },
		"a verifier where none belongs": func(r *session.CodeRedemption) { r.Challenge = "" },
	} {
		t.Run("refuses "+name+", and the code stays its owner's", func(t *testing.T) {
			t.Parallel()
			l := newLounge(t, session.Config{})
			code := l.code(t)
			l.refusesCode(t, redemption(code, spoil), session.ErrCodeUnknown)
			l.redeemCode(t, code)
		})
	}
	t.Run("refuses after a minute", func(t *testing.T) {
		t.Parallel()
		l := newLounge(t, session.Config{})
		code := l.code(t)
		l.exec(t, `UPDATE codes SET expires_at = expires_at - interval '1 minute'`)
		l.refusesCode(t, redemption(code), session.ErrCodeUnknown)
	})
	t.Run("refuses after the browser's session", func(t *testing.T) {
		t.Parallel()
		l := newLounge(t, session.Config{})
		code := l.code(t)
		if err := l.End(t.Context(), l.browser.ID, "logged out"); err != nil {
			t.Fatal(err)
		}
		l.refusesCode(t, redemption(code), session.ErrOver)
	})
	t.Run("begins a child of the browser's session", func(t *testing.T) {
		t.Parallel()
		l := newLounge(t, session.Config{})
		got := l.redeemCode(t, l.code(t))
		s := got.Session
		if got.Nonce != "a nonce" || got.RefreshToken == "" || s.Parent != l.browser.ID || s.User != l.browser.User || s.Client != "web" || s.Method != session.Passkey ||
			!s.AuthTime.Equal(l.readBack(t, l.browser.ID).AuthTime) || !s.ExpiresAt.Equal(l.readBack(t, l.browser.ID).ExpiresAt) || s.Device.UserAgent != "Firefox" {
			t.Errorf("RedeemCode() = %+v", got)
		}
		if found := l.readBack(t, s.ID); len(found.Scope) != 1 || found.Scope[0] != "openid" {
			t.Errorf("the session is kept as %+v", found)
		}
	})
	t.Run("keeps the scope of a client that was granted none apart from everything", func(t *testing.T) {
		t.Parallel()
		l := newLounge(t, session.Config{})
		code, err := l.IssueCode(t.Context(), session.AuthorizationCode{Parent: l.browser.ID, Client: "web", RedirectURI: "https://web.test/back", Challenge: "the challenge", Scope: []string{}})
		if err != nil {
			t.Fatal(err)
		}
		if found := l.readBack(t, l.redeemCode(t, code).Session.ID); found.Scope == nil {
			t.Error("no scope has become that of the user's own session, which is everything")
		}
	})
	t.Run("gives no refresh token to who may not continue", func(t *testing.T) {
		t.Parallel()
		l := newLounge(t, session.Config{})
		got, err := l.RedeemCode(t.Context(), redemption(l.code(t), func(r *session.CodeRedemption) { r.Continued = false }))
		if err != nil || got.RefreshToken != "" || !l.goesOn(t, got.Session.ID) {
			t.Errorf("RedeemCode() = %+v, %v, want a session without a refresh token", got, err)
		}
	})
}

func (l *lounge) readBack(t *testing.T, id uuid.UUID) session.Session {
	t.Helper()
	found, ok, err := l.Find(t.Context(), id)
	if err != nil || !ok {
		t.Fatalf("Find() = %v, %v", ok, err)
	}
	return found
}

func (w *world) exec(t *testing.T, sql string) {
	t.Helper()
	if _, err := w.db.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

// A logout that comes while a code is redeemed ends what comes of it: whichever is
// first, nothing is left over.
func TestRefusal33_LogoutWhileACodeIsRedeemed(t *testing.T) {
	t.Parallel()
	l := newLounge(t, session.Config{})
	for range 20 {
		browser, _, err := l.BeginInBrowser(t.Context(), session.Login{User: l.session.User, Client: "slipway", Method: session.Password})
		if err != nil {
			t.Fatal(err)
		}
		l.browser = browser
		code := l.code(t)
		var group sync.WaitGroup
		begin := make(chan struct{})
		var got session.Redeemed
		group.Go(func() {
			<-begin
			var err error
			if got, err = l.RedeemCode(t.Context(), redemption(code)); err != nil && !errors.Is(err, session.ErrOver) {
				t.Errorf("RedeemCode() = %v", err)
			}
		})
		group.Go(func() {
			<-begin
			if err := l.End(t.Context(), browser.ID, "logged out"); err != nil {
				t.Errorf("End() = %v", err)
			}
		})
		close(begin)
		group.Wait()
		if got.Session.ID != uuid.Nil && l.goesOn(t, got.Session.ID) {
			t.Fatal("a session goes on whose browser has logged out")
		}
	}
}

func TestStore_Believes(t *testing.T) {
	t.Parallel()
	believes := func(t *testing.T, w *world, p *auth.Principal) bool {
		t.Helper()
		good, err := w.Believes(t.Context(), p)
		if err != nil {
			t.Fatal(err)
		}
		return good
	}
	user := func(w *world) *auth.Principal {
		return &auth.Principal{Subject: w.session.User.String(), ClientID: "slipway", SessionID: w.session.ID.String(), TokenID: "t1", IssuedAt: time.Now()}
	}
	service := &auth.Principal{Subject: "cart", ClientID: "cart", TokenID: "t2", IssuedAt: time.Now()}
	t.Run("not a user's token without a session", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, session.Config{})
		p := user(w)
		p.SessionID = ""
		if believes(t, w, p) {
			t.Error("it is believed")
		}
	})
	t.Run("not a token that was revoked, but its neighbour", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, session.Config{})
		if err := w.RevokeToken(t.Context(), "t1", time.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		p, other := user(w), user(w)
		other.TokenID = "t3"
		if believes(t, w, p) || !believes(t, w, other) {
			t.Error("want the one token not to be believed")
		}
	})
	t.Run("not a token that was revoked again and again, which is kept once and as long as it lives", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, session.Config{})
		for range 3 {
			if err := w.RevokeToken(t.Context(), "t1", time.Now().Add(5*time.Minute)); err != nil {
				t.Fatal(err)
			}
		}
		if believes(t, w, user(w)) {
			t.Error("it is believed")
		}
		if got := w.count(t, `SELECT count(*) FROM revocations WHERE until > now() + interval '5 minutes' AND until < now() + interval '8 minutes'`); got != 1 {
			t.Errorf("%d rows tell so until a moment after its end, want 1", got)
		}
	})
	t.Run("not after the session whose tokens were renewed before", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, session.Config{})
		for range 2 {
			if err := w.RenewTokens(t.Context(), w.db, []uuid.UUID{w.session.User}); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.End(t.Context(), w.session.ID, "logged out"); err != nil {
			t.Fatal(err)
		}
		if got := w.count(t, `SELECT count(*) FROM revocations WHERE before IS NULL`); got != 1 {
			t.Errorf("%d rows revoke the session altogether, want 1", got)
		}
	})
	t.Run("not after the session", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, session.Config{})
		if !believes(t, w, user(w)) {
			t.Error("it was not believed before")
		}
		if err := w.End(t.Context(), w.session.ID, "logged out"); err != nil {
			t.Fatal(err)
		}
		if believes(t, w, user(w)) {
			t.Error("it is believed")
		}
	})
	t.Run("not what its client was given before that was revoked", func(t *testing.T) {
		t.Parallel()
		db := slipwaytest.Commit(t, sso.New()).DB("sso")
		w := newWorldOn(t, db, session.Config{})
		key := auth.ClientKey("cart")
		if _, err := db.Exec(t.Context(), `INSERT INTO revocations (key, before, until) VALUES ($1, $2, $3)`, key[:], time.Now(), time.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		old, fresh := *service, *service
		old.IssuedAt, fresh.IssuedAt = time.Now().Add(-time.Minute), time.Now().Add(time.Minute)
		if believes(t, w, &old) || !believes(t, w, &fresh) {
			t.Error("want the older token not to be believed, and the newer one to be")
		}
	})
}
