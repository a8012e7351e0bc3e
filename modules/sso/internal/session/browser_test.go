package session_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/modules/sso/internal/session"
)

// A browserWorld is a session in a browser.
type browserWorld struct {
	*world
	session session.Session
	secret  string
}

func newBrowserWorld(t *testing.T) *browserWorld {
	t.Helper()
	w := newWorld(t, session.Config{Idle: 48 * time.Hour})
	b := &browserWorld{world: w}
	var err error
	if b.session, b.secret, err = w.BeginInBrowser(t.Context(), session.Login{User: w.session.User, Client: "slipway", Method: session.Password}); err != nil {
		t.Fatal(err)
	}
	return b
}

// pass lets time go by.
func (b *browserWorld) pass(t *testing.T, d time.Duration) {
	t.Helper()
	_, err := b.db.Exec(t.Context(), `UPDATE sessions SET begun_at = begun_at - $1::interval, used_at = used_at - $1::interval`, d)
	if err != nil {
		t.Fatal(err)
	}
}

func (b *browserWorld) opens(t *testing.T, secret string) bool {
	t.Helper()
	found, ok, err := b.InBrowser(t.Context(), secret)
	if err != nil || ok && found.ID != b.session.ID {
		t.Fatalf("InBrowser() = %v, %v", found, err)
	}
	return ok
}

func TestStore_InBrowser(t *testing.T) {
	t.Parallel()
	t.Run("knows no secret but its own", func(t *testing.T) {
		t.Parallel()
		b := newBrowserWorld(t)
		for _, secret := range []string{"", "slc_", b.secret[:len(b.secret)-1], b.first, b.session.ID.String()} {
			if b.opens(t, secret) {
				t.Errorf("%q opens the session", secret)
			}
		}
		if !b.opens(t, b.secret) {
			t.Error("its own secret does not open the session")
		}
	})
	t.Run("ends what no browser uses", func(t *testing.T) {
		t.Parallel()
		b := newBrowserWorld(t)
		b.pass(t, 49*time.Hour)
		if b.opens(t, b.secret) {
			t.Error("the session goes on after it was idle for too long")
		}
		all, err := b.OfUser(t.Context(), b.session.User)
		if err != nil || len(all) != 1 || all[0].ID == b.session.ID {
			t.Errorf("OfUser() = %v, %v; want the app's session alone", all, err)
		}
	})
	t.Run("goes on for as long as it is used", func(t *testing.T) {
		t.Parallel()
		b := newBrowserWorld(t)
		for range 3 {
			b.pass(t, 30*time.Hour)
			if !b.opens(t, b.secret) {
				t.Fatal("the session has ended although it is used")
			}
		}
	})
}

func TestStore_Renew(t *testing.T) {
	t.Parallel()
	t.Run("gives another secret", func(t *testing.T) {
		t.Parallel()
		b := newBrowserWorld(t)
		b.pass(t, 30*time.Hour)
		renewed, secret, ok, err := b.Renew(t.Context(), b.session, session.Login{User: b.session.User, Method: session.Passkey})
		if err != nil || !ok || renewed.ID != b.session.ID || renewed.Method != session.Passkey {
			t.Fatalf("Renew() = %v, %t, %v", renewed, ok, err)
		}
		b.pass(t, 30*time.Hour)
		if b.opens(t, b.secret) || !b.opens(t, secret) {
			t.Error("want the new secret to open the session, and the old one not to")
		}
	})
	t.Run("does not wake a session that has ended", func(t *testing.T) {
		t.Parallel()
		b := newBrowserWorld(t)
		if err := b.End(t.Context(), b.session.ID, "a test"); err != nil {
			t.Fatal(err)
		}
		_, secret, ok, err := b.Renew(t.Context(), b.session, session.Login{User: b.session.User, Method: session.Password})
		if err != nil || ok || b.opens(t, secret) {
			t.Errorf("Renew() = %t, %v; want false, and a secret that opens nothing", ok, err)
		}
	})
	t.Run("keeps the clients that it let in", func(t *testing.T) {
		t.Parallel()
		b := newBrowserWorld(t)
		client, _, err := b.Begin(t.Context(), session.Login{User: b.session.User, Client: "web", Parent: &b.session})
		if err != nil {
			t.Fatal(err)
		}
		if _, _, ok, err := b.Renew(t.Context(), b.session, session.Login{User: b.session.User, Method: session.Password}); err != nil || !ok {
			t.Fatalf("Renew() = %t, %v", ok, err)
		}
		if _, ok, err := b.Find(t.Context(), client.ID); err != nil || !ok || client.ID == uuid.Nil {
			t.Errorf("Find() = %t, %v; want the client's session to go on", ok, err)
		}
	})
}
