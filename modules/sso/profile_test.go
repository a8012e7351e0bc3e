package sso_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/modules/sso"
	"github.com/slipway-go/slipway/modules/sso/ssoapi"
	"github.com/slipway-go/slipway/slipwaytest"
)

// send sends JSON as the holder of a token.
func (w *world) send(t *testing.T, method, path, token string, body any) reply {
	t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	text := string(raw)
	if body == nil {
		text = ""
	}
	return replyOf(t, w.In(t).JSON(method, path, text, bearer(token), slipwaytest.From(home)))
}

// member registers somebody and logs them in.
func (w *world) member(t *testing.T, email string) reply {
	t.Helper()
	w.register(t, email)
	got := w.login(t, email, goodPass, home)
	if got.Status != http.StatusOK {
		t.Fatalf("the login answers %d %s", got.Status, got.Text)
	}
	return got
}

// continues tells whether a session goes on.
func (w *world) continues(t *testing.T, session reply) bool {
	t.Helper()
	return w.token(t, "", "grant_type", "refresh_token", "refresh_token", session.RefreshToken).Status == http.StatusOK
}

func TestRefusal38_MassAssignmentInAProfile(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	token := w.member(t, "eve@example.com").AccessToken
	for _, extra := range []string{
		`"roles":["seller"]`, `"role":"seller"`, `"email":"ada@example.com"`, `"email_confirmed":true`, `"phone":"+4915112345678"`,
		`"user_id":"` + uuid.NewString() + `"`, `"has_password":false`, `"disabled_at":null`, `"NAME":"Ada"`,
	} {
		got := replyOf(t, w.In(t).JSON(http.MethodPatch, "/sso/v1/me", `{"name":"Eve",`+extra+`}`, bearer(token)))
		want(t, got, http.StatusUnprocessableEntity, "validation_failed")
	}
	if got := w.get(t, "/sso/v1/me", token); !strings.Contains(got.Text, `"email":"eve@example.com","email_confirmed":false`) {
		t.Errorf("the profile is %s", got.Text)
	}
}

func TestProfile(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	token := w.member(t, "ada@example.com").AccessToken
	for _, wrong := range []string{" ", "a\u0007b"} {
		want(t, w.send(t, http.MethodPatch, "/sso/v1/me", token, ssoapi.ProfileChange{Name: wrong}), http.StatusUnprocessableEntity, "name_refused")
	}
	if got := w.send(t, http.MethodPatch, "/sso/v1/me", token, ssoapi.ProfileChange{Name: " Ada L. "}); got.Status != http.StatusOK {
		t.Fatalf("answer = %d %s", got.Status, got.Text)
	}
	if got := w.get(t, "/sso/v1/me", token); !strings.Contains(got.Text, `"name":"Ada L."`) || !strings.Contains(got.Text, `"has_password":true`) {
		t.Errorf("the profile is %s", got.Text)
	}
}

func TestChangePassword(t *testing.T) {
	t.Parallel()
	change := func(t *testing.T, w *world, session reply, current, next string) reply {
		t.Helper()
		return w.send(t, http.MethodPut, "/sso/v1/password", session.AccessToken, ssoapi.PasswordChange{Current: current, Password: next})
	}
	t.Run("refuses a wrong present one, ever slower", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, nil)
		me := w.member(t, "ada@example.com")
		for range 6 {
			want(t, change(t, w, me, "wrong password", newPass), http.StatusUnprocessableEntity, "wrong_password")
		}
		w.failMore(t)
		want(t, change(t, w, me, goodPass, newPass), http.StatusTooManyRequests, "too_many_attempts")
	})
	t.Run("refuses one that is guessed first", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, nil)
		want(t, change(t, w, w.member(t, "ada@example.com"), goodPass, "Passw0rd123!"), http.StatusUnprocessableEntity, "password_refused")
	})
	t.Run("refuses an account without one", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, nil)
		me := w.member(t, "ada@example.com")
		w.exec(t, `UPDATE users SET password_hash = NULL`)
		want(t, change(t, w, me, goodPass, newPass), http.StatusConflict, "no_password")
	})
	t.Run("sets it, ends every other session and tells the owner", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, nil)
		other := w.member(t, "ada@example.com")
		me := w.login(t, "ada@example.com", goodPass, home)
		if got := change(t, w, me, goodPass, newPass); got.Status != http.StatusNoContent {
			t.Fatalf("answer = %d %s", got.Status, got.Text)
		}
		want(t, w.login(t, "ada@example.com", goodPass, home), http.StatusUnauthorized, "wrong_credentials")
		if w.continues(t, other) || !w.continues(t, me) {
			t.Error("want the session that asked to go on, and no other")
		}
		if last := outbox(t, w.Kit)[0]; last.Kind != sso.KindSecurity || last.To != "ada@example.com" {
			t.Errorf("the last message is %+v, want the owner told", last)
		}
	})
}

func TestChangeEmail(t *testing.T) {
	t.Parallel()
	setup := func(t *testing.T) (w *world, me reply, challenge string) {
		t.Helper()
		w = newWorld(t, nil)
		me = w.member(t, "ada@example.com")
		got := w.send(t, http.MethodPost, "/sso/v1/me/email", me.AccessToken, ssoapi.EmailChange{Email: "Countess@example.com"})
		if got.Status != http.StatusCreated {
			t.Fatalf("answer = %d %s", got.Status, got.Text)
		}
		return w, me, got.Challenge
	}
	confirm := func(t *testing.T, w *world, who reply, challenge, code string) reply {
		t.Helper()
		return w.send(t, http.MethodPost, "/sso/v1/me/email/confirm", who.AccessToken, response(challenge, code))
	}
	t.Run("refuses somebody else's challenge", func(t *testing.T) {
		t.Parallel()
		w, _, challenge := setup(t)
		eve := w.member(t, "eve@example.com")
		want(t, confirm(t, w, eve, challenge, w.codeFor(t, "countess@example.com")), http.StatusUnprocessableEntity, "wrong_code")
	})
	t.Run("refuses an e-mail that another has by then", func(t *testing.T) {
		t.Parallel()
		w, me, challenge := setup(t)
		code := w.codeFor(t, "countess@example.com")
		w.register(t, "countess@example.com")
		want(t, confirm(t, w, me, challenge, code), http.StatusConflict, "email_taken")
	})
	t.Run("changes it, and a code that went to the old one is good for nothing", func(t *testing.T) {
		t.Parallel()
		w, me, challenge := setup(t)
		login := w.sendCode(t, "ada@example.com")
		stale := w.codeFor(t, "ada@example.com")
		if got := confirm(t, w, me, challenge, w.codeFor(t, "countess@example.com")); got.Status != http.StatusNoContent {
			t.Fatalf("answer = %d %s", got.Status, got.Text)
		}
		if last := outbox(t, w.Kit)[0]; last.Kind != sso.KindSecurity || last.To != "ada@example.com" {
			t.Errorf("the last message is %+v, want the old address told", last)
		}
		want(t, w.loginByCode(t, login, stale), http.StatusUnauthorized, "wrong_code")
		if got := w.login(t, "countess@example.com", goodPass, home); got.Status != http.StatusOK {
			t.Errorf("the login with the new e-mail is answered %d %s", got.Status, got.Text)
		}
	})
}

func TestClose(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	me := w.member(t, "ada@example.com")
	if got := w.send(t, http.MethodDelete, "/sso/v1/me", me.AccessToken, nil); got.Status != http.StatusNoContent {
		t.Fatalf("answer = %d %s", got.Status, got.Text)
	}
	if w.continues(t, me) {
		t.Error("its session goes on")
	}
	want(t, w.login(t, "ada@example.com", goodPass, home), http.StatusUnauthorized, "wrong_credentials")
	w.register(t, "ada@example.com") // as somebody new
}

func TestSessions(t *testing.T) {
	t.Parallel()
	list := func(t *testing.T, w *world, who reply) []ssoapi.Session {
		t.Helper()
		got := w.get(t, "/sso/v1/sessions", who.AccessToken)
		var all ssoapi.Sessions
		if err := json.Unmarshal([]byte(got.Text), &all); err != nil || got.Status != http.StatusOK {
			t.Fatalf("answer = %d %s", got.Status, got.Text)
		}
		return all.Sessions
	}
	current := func(t *testing.T, all []ssoapi.Session) ssoapi.Session {
		t.Helper()
		for _, one := range all {
			if one.Current {
				return one
			}
		}
		t.Fatal("none is the one that asks")
		return ssoapi.Session{}
	}
	t.Run("are shown to nobody else, and ended by nobody else", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, nil)
		ada, eve := w.member(t, "ada@example.com"), w.member(t, "eve@example.com")
		mine := current(t, list(t, w, ada))
		if all := list(t, w, eve); len(all) != 1 || all[0].ID == mine.ID {
			t.Errorf("Eve sees %v", all)
		}
		if got := w.send(t, http.MethodDelete, "/sso/v1/sessions/"+mine.ID.String(), eve.AccessToken, nil); got.Status != http.StatusNotFound || !w.continues(t, ada) {
			t.Errorf("Eve's end of it is answered %d %s", got.Status, got.Text)
		}
	})
	t.Run("are listed with what their owner knows them by, and ended one by one", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, nil)
		phone := w.member(t, "ada@example.com")
		desk := w.login(t, "ada@example.com", goodPass, "198.51.100.7")
		all := list(t, w, desk)
		if here := current(t, all); len(all) != 2 || here.Address != "198.51.100.7" || here.Method != "password" || here.Clients[0] != "slipway" {
			t.Errorf("sessions = %+v", all)
		}
		if got := w.send(t, http.MethodDelete, "/sso/v1/sessions/"+current(t, list(t, w, phone)).ID.String(), desk.AccessToken, nil); got.Status != http.StatusNoContent {
			t.Fatalf("answer = %d %s", got.Status, got.Text)
		}
		if w.continues(t, phone) || !w.continues(t, desk) {
			t.Error("want the phone's ended and nothing else")
		}
	})
	t.Run("are ended all but the one that asks, and all", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, nil)
		first := w.member(t, "ada@example.com")
		second := w.login(t, "ada@example.com", goodPass, home)
		w.send(t, http.MethodDelete, "/sso/v1/sessions?keep_current=true", second.AccessToken, nil)
		if w.continues(t, first) {
			t.Error("another session goes on")
		}
		third := w.login(t, "ada@example.com", goodPass, home)
		if all := list(t, w, third); len(all) != 2 {
			t.Errorf("%d go on, want the one that asked and the new one", len(all))
		}
		w.send(t, http.MethodDelete, "/sso/v1/sessions", third.AccessToken, nil)
		if w.continues(t, second) || w.continues(t, third) {
			t.Error("one goes on")
		}
	})
	t.Run("end by a logout", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, nil)
		here := w.member(t, "ada@example.com")
		there := w.login(t, "ada@example.com", goodPass, home)
		if got := w.send(t, http.MethodPost, "/sso/v1/logout", here.AccessToken, nil); got.Status != http.StatusNoContent {
			t.Fatalf("answer = %d %s", got.Status, got.Text)
		}
		if w.continues(t, here) || !w.continues(t, there) {
			t.Error("want this session ended and no other")
		}
	})
}
