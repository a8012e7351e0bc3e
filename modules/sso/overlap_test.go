package sso_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/slipway-go/slipway/modules/sso/ssoapi"
	"github.com/slipway-go/slipway/postgres"
)

// waits until somebody waits for what the transaction holds, or has finished without.
func waits(ctx context.Context, tx postgres.Tx, finished <-chan reply) error {
	for waiting := false; !waiting && len(finished) == 0; <-time.After(time.Millisecond) {
		err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid)))`).Scan(&waiting)
		if err != nil {
			return err
		}
	}
	return nil
}

// Whoever knows the former password changes it at the moment at which the owner does: the
// owner's stays.
func TestPassword_ChangeThatOverlapsAnotherIsRefused(t *testing.T) {
	t.Parallel()
	w := newCommitted(t)
	ada, changed := w.person(t, "ada@example.com"), make(chan reply, 1)
	err := w.DB("sso").InTx(t.Context(), func(ctx context.Context, tx postgres.Tx) error {
		if _, err := tx.Exec(ctx, `UPDATE users SET password_hash = 'of the owner'`); err != nil {
			return err
		}
		go func() {
			changed <- w.send(t, http.MethodPut, "/sso/v1/password", ada.token, ssoapi.PasswordChange{Current: goodPass, Password: newPass})
		}()
		return waits(ctx, tx, changed)
	})
	if err != nil {
		t.Fatal(err)
	}
	want(t, <-changed, http.StatusUnprocessableEntity, "wrong_password")
	if n := w.count(t, `SELECT count(*) FROM users WHERE password_hash = 'of the owner'`); n != 1 {
		t.Error("the owner's password is not the account's")
	}
}

// A token may be issued after a change of roles has revoked those of before, and before it
// is committed: it says what was true until then, and is refused as well.
func TestRoles_TokenThatWasIssuedDuringTheChangeIsRefused(t *testing.T) {
	t.Parallel()
	w := newCommitted(t)
	admin, eve := w.person(t, "root@example.com", "admin"), w.person(t, "eve@example.com", "admin")
	changed, issued := make(chan reply, 1), reply{}
	err := w.DB("sso").InTx(t.Context(), func(ctx context.Context, tx postgres.Tx) error {
		if _, err := tx.Exec(ctx, `LOCK TABLE revocations IN SHARE MODE`); err != nil {
			return err
		}
		go func() { changed <- w.setRoles(t, admin, eve, "customer") }()
		err := waits(ctx, tx, changed)
		issued = w.token(t, "", "grant_type", "refresh_token", "refresh_token", eve.refresh)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	want(t, <-changed, http.StatusOK, "")
	want(t, issued, http.StatusOK, "")
	through := []string{"grant_type", exchangeURN, "subject_token", issued.AccessToken, "subject_token_type", accessURN, "audience", "shop"}
	want(t, w.token(t, "till", through...), http.StatusBadRequest, "invalid_request")
	next := w.token(t, "", "grant_type", "refresh_token", "refresh_token", issued.RefreshToken)
	want(t, next, http.StatusOK, "")
	if next.Scope != "shop:read" {
		t.Errorf("the next token has %q, want what a customer has", next.Scope)
	}
}

func TestRoles_ResetThatTakesARoleRenewsTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.command(t, &struct{}{}, "roles", "set", "auditor", "shop:read", "sso:users:read")
	admin, eve := w.owner(t), w.person(t, "eve@example.com", "auditor")
	want(t, w.ask(t, http.MethodDelete, "/sso/v1/roles/auditor", admin.token, "", nil), http.StatusOK, "")
	through := []string{"grant_type", exchangeURN, "subject_token", eve.token, "subject_token_type", accessURN, "audience", "shop"}
	want(t, w.token(t, "till", through...), http.StatusBadRequest, "invalid_request")
	want(t, w.token(t, "", "grant_type", "refresh_token", "refresh_token", eve.refresh), http.StatusOK, "")
}
