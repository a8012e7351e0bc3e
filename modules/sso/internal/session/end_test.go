package session_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/modules/sso/internal/session"
	"github.com/slipway-go/slipway/postgres"
)

// A redemption holds the browser's session until its own is there. An end that waits for
// it must see that one, too.
func TestRefusal33_EndThatWaitsForARedemption(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*lounge, context.Context) error{
		"of the session": func(l *lounge, ctx context.Context) error { return l.End(ctx, l.browser.ID, "logged out") },
		"of all": func(l *lounge, ctx context.Context) error {
			return l.EndAll(ctx, l.db, l.browser.User, uuid.Nil, "the password was changed")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLounge(t, session.Config{})
			ended, child := make(chan error, 1), uuid.New()
			err := l.db.InTx(t.Context(), func(ctx context.Context, tx postgres.Tx) error {
				if _, err := tx.Exec(ctx, `SELECT FROM sessions WHERE id = $1 FOR SHARE`, l.browser.ID); err != nil {
					return err
				}
				go func() { ended <- end(l, context.WithoutCancel(ctx)) }()
				l.waits(t)
				_, err := tx.Exec(ctx, `
					INSERT INTO sessions (id, user_id, parent_id, client_id, auth_time, expires_at)
					SELECT $2, user_id, id, 'web', auth_time, expires_at FROM sessions WHERE id = $1`, l.browser.ID, child)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			if err := <-ended; err != nil {
				t.Fatal(err)
			}
			if l.goesOn(t, l.browser.ID) || l.goesOn(t, child) {
				t.Error("a session goes on whose browser has logged out")
			}
		})
	}
}

// waits returns once a statement waits for a lock.
func (w *world) waits(t *testing.T) {
	t.Helper()
	for tick := time.NewTicker(time.Millisecond); ; <-tick.C {
		if w.count(t, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`) > 0 {
			tick.Stop()
			return
		}
	}
}
