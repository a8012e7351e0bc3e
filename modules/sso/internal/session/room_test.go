package session_test

import (
	"testing"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/modules/sso/internal/session"
)

func TestStore_EndsTheOldestOfTooManySessions(t *testing.T) {
	t.Parallel()
	t.Run("of a client that one browser lets in", func(t *testing.T) {
		t.Parallel()
		l := newLounge(t, session.Config{})
		var begun []uuid.UUID
		for range 7 {
			begun = append(begun, l.redeemCode(t, l.code(t)).Session.ID)
		}
		for i, id := range begun {
			if got, want := l.goesOn(t, id), i >= 2; got != want {
				t.Errorf("session %d of 7 goes on: %t, want %t", i+1, got, want)
			}
		}
		if !l.goesOn(t, l.browser.ID) || !l.goesOn(t, l.session.ID) {
			t.Error("a login has ended with the sessions of a client")
		}
		if got := l.count(t, `SELECT count(*) FROM revocations`); got != 2 {
			t.Errorf("%d sessions were revoked, want the 2 that ended", got)
		}
	})
	t.Run("of a user", func(t *testing.T) {
		t.Parallel()
		l := newLounge(t, session.Config{})
		child := l.redeemCode(t, l.code(t)).Session.ID // of the second login
		for range 99 {
			if _, _, err := l.Begin(t.Context(), session.Login{User: l.session.User, Client: "slipway"}); err != nil {
				t.Fatal(err)
			}
		}
		if l.goesOn(t, l.session.ID) || !l.goesOn(t, l.browser.ID) || !l.goesOn(t, child) {
			t.Error("want the first of 101 logins to have ended, and no other")
		}
		if _, _, err := l.BeginInBrowser(t.Context(), session.Login{User: l.session.User, Client: "slipway"}); err != nil {
			t.Fatal(err)
		}
		if l.goesOn(t, l.browser.ID) || l.goesOn(t, child) {
			t.Error("want the second to have ended next, with the client that it had let in")
		}
		if got := l.count(t, `SELECT count(*) FROM sessions WHERE ended_at IS NULL`); got != 100 {
			t.Errorf("%d sessions go on, want 100", got)
		}
	})
}

func (w *world) count(t *testing.T, sql string) (n int) {
	t.Helper()
	if err := w.db.QueryRow(t.Context(), sql).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
