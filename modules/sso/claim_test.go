package sso_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/modules/sso"
	"github.com/slipway-go/slipway/modules/sso/ssoapi"
	"github.com/slipway-go/slipway/slipwaytest"
)

// An occupied account is one that Eve has opened with Ada's e-mail, and to which she has
// every way in that there is.
type occupied struct {
	*world
	eve    reply // her session
	device *device
	key    passkeyOf
	adding ssoapi.PasskeyAdding // of another passkey, which she has begun
	email  reply                // the challenge of an e-mail of hers
}

func occupy(t *testing.T) occupied {
	t.Helper()
	o := occupied{world: newWorld(t, german), device: newDevice()}
	id := o.register(t, "ada@example.com")
	o.key = o.addPasskey(t, o.device, "ada@example.com")
	o.eve = o.login(t, "ada@example.com", goodPass, home)
	o.exec(t, `UPDATE users SET phone = '+4915112345678' WHERE id = $1`, id)
	o.exec(t, `INSERT INTO identities (id, user_id, provider, issuer, subject, email, created_at) VALUES (gen_random_uuid(), $1, 'corp', 'https://corp.example', 'eve', 'eve@corp.example', now())`, id)
	o.exec(t, `INSERT INTO social_attempts (hash, provider, link_to, return_to, expires_at) VALUES ('\x01', 'corp', $1, '', now() + interval '9 minutes')`, id)
	o.adding = slipwaytest.Do(o.In(t), ssoapi.BeginPasskey, api.Empty{}, bearer(o.eve.AccessToken)).Want(200).Body
	o.email = o.send(t, http.MethodPost, "/sso/v1/me/email", o.eve.AccessToken, ssoapi.EmailChange{Email: "eve@example.com"})
	return o
}

// keepsOut tries each of Eve's ways.
func (o occupied) keepsOut(t *testing.T) {
	t.Helper()
	want(t, o.login(t, "ada@example.com", goodPass, home), http.StatusUnauthorized, "wrong_credentials")
	if o.continues(t, o.eve) {
		t.Error("her session goes on")
	}
	begun := beginLogin(o.In(t))
	if got := logIn(o.In(t), begun.CeremonyID, o.device.use(t, o.key.signer, begun.Options)); got.Status != http.StatusUnauthorized {
		t.Errorf("her passkey is answered %d", got.Status)
	}
	before := len(outbox(t, o.Kit))
	if o.sms(t, "+4915112345678", home); len(outbox(t, o.Kit)) != before {
		t.Error("her phone gets a code")
	}
	if n := o.count(t, `SELECT (SELECT count(*) FROM identities) + (SELECT count(*) FROM social_attempts)`); n != 0 {
		t.Error("her login at a provider is linked, or will be")
	}
}

// staysOut uses the access token that she has still, which is believed for a moment.
func (o occupied) staysOut(t *testing.T) {
	t.Helper()
	as := bearer(o.eve.AccessToken)
	_, answer := o.device.make(t, o.adding.Options)
	slipwaytest.Do(o.In(t), ssoapi.AddPasskey, ssoapi.AddPasskeyInput{
		Body: ssoapi.NewPasskey{CeremonyID: o.adding.CeremonyID, Name: "Again", Credential: answer},
	}, as).WantCode(http.StatusUnprocessableEntity, "passkey_refused")
	again := slipwaytest.Do(o.In(t), ssoapi.BeginPasskey, api.Empty{}, as).Want(200).Body
	_, answer = o.device.make(t, again.Options)
	slipwaytest.Do(o.In(t), ssoapi.AddPasskey, ssoapi.AddPasskeyInput{
		Body: ssoapi.NewPasskey{CeremonyID: again.CeremonyID, Name: "Again", Credential: answer},
	}, as).WantCode(http.StatusUnauthorized, "session_ended")
	want(t, o.send(t, http.MethodPost, "/sso/v1/me/email/confirm", o.eve.AccessToken, response(o.email.Challenge, o.codeFor(t, "eve@example.com"))), http.StatusUnprocessableEntity, "wrong_code")
	next := o.send(t, http.MethodPost, "/sso/v1/me/email", o.eve.AccessToken, ssoapi.EmailChange{Email: "eve2@example.com"})
	want(t, o.send(t, http.MethodPost, "/sso/v1/me/email/confirm", o.eve.AccessToken, response(next.Challenge, o.codeFor(t, "eve2@example.com"))), http.StatusUnauthorized, "session_ended")
	want(t, o.send(t, http.MethodDelete, "/sso/v1/me", o.eve.AccessToken, nil), http.StatusUnauthorized, "session_ended")
}

// Whoever registers with somebody else's e-mail waits for the owner to come.
func TestClaim_PutsOutWhoRegisteredWithAnothersEmail(t *testing.T) {
	t.Parallel()
	t.Run("when the owner logs in by a code", func(t *testing.T) {
		t.Parallel()
		o := occupy(t)
		challenge := o.sendCode(t, "ada@example.com")
		ada := o.loginByCode(t, challenge, o.codeFor(t, "ada@example.com"))
		if ada.Status != http.StatusOK {
			t.Fatalf("answer = %d %s", ada.Status, ada.Text)
		}
		if last := outbox(t, o.Kit)[0]; last.Kind != sso.KindSecurity || last.To != "ada@example.com" || !strings.Contains(last.Text, "password") {
			t.Errorf("the last message is %+v, want the owner told of the password", last)
		}
		o.staysOut(t)
		o.keepsOut(t)
		if !o.continues(t, ada) {
			t.Error("the owner's session ended too")
		}
	})
	t.Run("when the owner resets the password", func(t *testing.T) {
		t.Parallel()
		o := occupy(t)
		sent := o.post(t, "/sso/v1/password-resets", home, ssoapi.ResetRequest{Email: "ada@example.com"})
		got := o.post(t, "/sso/v1/password-resets/"+sent.Challenge, home, ssoapi.NewPassword{Code: o.codeFor(t, "ada@example.com"), Password: newPass})
		if got.Status != http.StatusNoContent {
			t.Fatalf("answer = %d %s", got.Status, got.Text)
		}
		o.staysOut(t)
		o.keepsOut(t)
		if got := o.login(t, "ada@example.com", newPass, home); got.Status != http.StatusOK {
			t.Errorf("the owner's password is answered %d %s", got.Status, got.Text)
		}
	})
}

func TestClaim_LeavesAloneWhoHasConfirmedTheEmail(t *testing.T) {
	t.Parallel()
	w, d := newWorld(t, nil), newDevice()
	w.confirmed(t, "ada@example.com")
	key := w.addPasskey(t, d, "ada@example.com")
	before := len(outbox(t, w.Kit))
	challenge := w.sendCode(t, "ada@example.com")
	if got := w.loginByCode(t, challenge, w.codeFor(t, "ada@example.com")); got.Status != http.StatusOK {
		t.Fatalf("answer = %d %s", got.Status, got.Text)
	}
	if n := len(outbox(t, w.Kit)); n != before+1 {
		t.Errorf("%d messages were sent, want the code alone", n-before)
	}
	if got := w.login(t, "ada@example.com", goodPass, home); got.Status != http.StatusOK {
		t.Errorf("the password is answered %d %s", got.Status, got.Text)
	}
	begun := beginLogin(w.In(t))
	logIn(w.In(t), begun.CeremonyID, d.use(t, key.signer, begun.Options)).Want(200)
}

func TestClaim_SaysNothingOfAPasswordThatNobodySet(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.register(t, "ada@example.com")
	w.exec(t, `UPDATE users SET password_hash = NULL`)
	challenge := w.sendCode(t, "ada@example.com")
	w.loginByCode(t, challenge, w.codeFor(t, "ada@example.com"))
	if last := outbox(t, w.Kit)[0]; last.Kind != sso.KindLogin {
		t.Errorf("the last message is %+v, want the code", last)
	}
}

// tells checks that the last message tells ada of what happened.
func (w *world) tells(t *testing.T, what string) {
	t.Helper()
	if last := outbox(t, w.Kit)[0]; last.Kind != sso.KindSecurity || last.To != "ada@example.com" || !strings.Contains(last.Text, what) {
		t.Errorf("the last message is %+v, want the owner told of %q", last, what)
	}
}

func TestOwnerIsToldOfAPasskey(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.register(t, "ada@example.com")
	key := w.addPasskey(t, newDevice(), "ada@example.com")
	w.tells(t, "passkey was added")
	as := bearer(w.login(t, "ada@example.com", goodPass, home).AccessToken)
	slipwaytest.Do(w.In(t), ssoapi.DeletePasskey, ssoapi.PasskeyInput{ID: key.id}, as).Want(204)
	w.tells(t, "passkey was removed")
}
