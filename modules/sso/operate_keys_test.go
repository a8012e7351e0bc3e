package sso_test

import (
	"net/http"
	"slices"
	"testing"
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
