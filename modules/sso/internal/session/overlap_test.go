package session_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/slipway-go/slipway/modules/sso/internal/session"
	"github.com/slipway-go/slipway/postgres"
)

// entries are the ways in which a login begins a session.
func (b *browserWorld) entries() map[string]func(context.Context, session.Login) error {
	return map[string]func(context.Context, session.Login) error{
		"in an app":    func(ctx context.Context, l session.Login) error { _, _, err := b.Begin(ctx, l); return err },
		"in a browser": func(ctx context.Context, l session.Login) error { _, _, err := b.BeginInBrowser(ctx, l); return err },
		"again in a browser": func(ctx context.Context, l session.Login) error {
			_, _, ok, err := b.Renew(ctx, b.session, l)
			if err == nil && !ok {
				err = session.ErrRefused
			}
			return err
		},
	}
}

// A login that has compared the password while it was changed, or the account closed,
// waits for the change and is refused: nothing would end its session any more.
func TestLogin_ThatOverlapsAChangeDoesNotSurviveIt(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]struct {
		sql  string
		hash string // that the login has compared with
	}{
		"of the password":              {`UPDATE users SET password_hash = 'new'`, "old"},
		"of the account, to a closed":  {`UPDATE users SET disabled_at = now()`, "old"},
		"that closes without password": {`UPDATE users SET disabled_at = now()`, ""},
		"that deletes the account":     {`DELETE FROM users`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for way := range (&browserWorld{}).entries() {
				b := newBrowserWorld(t)
				if _, err := b.db.Exec(t.Context(), `UPDATE users SET password_hash = 'old'`); err != nil {
					t.Fatal(err)
				}
				if err := b.during(t, change.sql, session.Login{User: b.session.User, Client: "slipway", Method: session.Password, PasswordHash: change.hash}, b.entries()[way]); !errors.Is(err, session.ErrRefused) {
					t.Errorf("%s: %v, want ErrRefused", way, err)
				}
			}
		})
	}
}

// during logs in while a change is under way, which commits once the login waits for it.
func (b *browserWorld) during(t *testing.T, change string, l session.Login, enter func(context.Context, session.Login) error) error {
	t.Helper()
	entered := make(chan error, 1)
	err := b.db.InTx(t.Context(), func(ctx context.Context, tx postgres.Tx) error {
		if _, err := tx.Exec(ctx, change); err != nil {
			return err
		}
		go func() { entered <- enter(t.Context(), l) }()
		for waiting := false; !waiting; <-time.After(time.Millisecond) {
			if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid)))`).Scan(&waiting); err != nil {
				return err
			}
			if len(entered) > 0 {
				return nil // it did not wait, and is judged by its result
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return <-entered
}
