package sso_test

import (
	"bytes"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/slipway-go/slipway/modules/sso/internal/keys"
)

func TestOperateKeys_RotateWaitsUntilTheNextKeyIsKnown(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.register(t, "ada@example.com")
	w.login(t, "ada@example.com", goodPass, home)
	w.refusedCommand(t, "try again after", "keys", "rotate")

	w.exec(t, `UPDATE signing_keys SET created_at = created_at - interval '16 minutes'`)
	var before, after keyList
	w.command(t, &before, "keys", "list")
	w.command(t, &after, "keys", "rotate")
	if !slices.Equal(after.with("active"), before.with("next")) || !slices.Equal(after.with("retired"), before.with("active")) || len(after.with("next")) == 0 {
		t.Errorf("the keys were %v and are %v, want the next ones active and the active ones retired", before, after)
	}
}

func TestOperateKeys_RotateAfterALeakWithdrawsEveryKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.register(t, "ada@example.com")
	old := w.login(t, "ada@example.com", goodPass, home)
	if got := w.get(t, "/shop", old.AccessToken); got.Status != http.StatusOK {
		t.Fatalf("before the leak the token is answered %d", got.Status)
	}
	var before, after keyList
	w.command(t, &before, "keys", "list")
	w.command(t, &after, "keys", "rotate", "--leaked")
	for _, k := range before.Keys {
		for _, left := range after.Keys {
			if left.ID == k.ID {
				t.Errorf("key %s is still published as %s", k.ID, left.State)
			}
		}
	}
	if len(after.with("active")) != len(before.with("active")) || len(after.with("next")) != len(before.with("next")) {
		t.Errorf("the keys are %v, want as many as before, and new", after)
	}
}

func TestKeys_AfterALeakTokensOfBeforeAreRefusedAndSessionsGoOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	admin, ada := w.person(t, "root@example.com", "admin"), w.person(t, "ada@example.com")
	if got := w.get(t, "/shop", ada.token); got.Status != http.StatusOK {
		t.Fatalf("before the leak the token is answered %d", got.Status)
	}
	want(t, w.ask(t, http.MethodPost, "/sso/v1/keys", ada.token, `{"leaked": true}`, nil), http.StatusForbidden, "insufficient_scope")
	want(t, w.ask(t, http.MethodPost, "/sso/v1/keys", admin.token, `{}`, nil), http.StatusConflict, "next_key_unpublished")
	want(t, w.ask(t, http.MethodPost, "/sso/v1/keys", admin.token, `{"leaked": true}`, nil), http.StatusOK, "")

	next := w.token(t, "", "grant_type", "refresh_token", "refresh_token", ada.refresh)
	want(t, next, http.StatusOK, "")
	if got := w.get(t, "/shop", next.AccessToken); got.Status != http.StatusOK {
		t.Errorf("the next token of the session is answered %d %s", got.Status, got.Text)
	}
	want(t, w.get(t, "/shop", ada.token), http.StatusUnauthorized, "invalid_token")
	want(t, w.ask(t, http.MethodGet, "/sso/v1/keys", admin.token, "", nil), http.StatusUnauthorized, "invalid_token")
}

func TestKeys_LostEncryptionKeyIsA503AndALineThatNamesIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	sealer, err := keys.NewSealer(bytes.Repeat([]byte{7}, keys.EncryptionKeySize))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := keys.NewRing(w.DB("sso"), sealer, keys.Config{}).Public(t.Context()); err != nil {
		t.Fatal(err)
	}
	before := w.count(t, `SELECT count(*) FROM signing_keys`)
	w.register(t, "ada@example.com")
	got := w.login(t, "ada@example.com", goodPass, home)
	want(t, got, http.StatusServiceUnavailable, "signing_keys_sealed")
	if strings.Contains(got.Text, "KEY_ENCRYPTION") {
		t.Errorf("the answer tells of the inside: %s", got.Text)
	}
	if !strings.Contains(w.Log(), "SSO_KEY_ENCRYPTION_KEY") {
		t.Errorf("no line of the log names the setting:\n%s", w.Log())
	}
	if got := w.get(t, "/oauth/jwks", ""); got.Status != http.StatusOK {
		t.Errorf("the key set is answered %d, want what live tokens are checked by", got.Status)
	}
	if after := w.count(t, `SELECT count(*) FROM signing_keys`); after != before || before == 0 {
		t.Errorf("there are %d keys and were %d", after, before)
	}
	if out, err := w.Command("sso", "keys", "list"); err != nil || strings.Count(out, ", cannot be opened") != before {
		t.Errorf("the list marks not all of %d keys, %v:\n%s", before, err, out)
	}
	w.command(t, &keyList{}, "keys", "rotate", "--leaked")
	if out, err := w.Command("sso", "keys", "list"); err != nil || strings.Contains(out, "cannot be opened") {
		t.Errorf("the list marks keys that can be opened, %v:\n%s", err, out)
	}
}
