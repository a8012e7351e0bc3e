package sso_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/slipway-go/slipway/modules/sso/ssoapi"
)

func TestRegister_Refuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	good := ssoapi.Registration{Email: "ada@example.com", Password: goodPass, Name: "Ada"}
	for name, spoil := range map[string]func(*ssoapi.Registration){
		"no e-mail":                  func(r *ssoapi.Registration) { r.Email = "" },
		"what is no e-mail":          func(r *ssoapi.Registration) { r.Email = "ada" },
		"a display name":             func(r *ssoapi.Registration) { r.Email = "Ada <ada@example.com>" },
		"two at signs":               func(r *ssoapi.Registration) { r.Email = "ada@b@example.com" },
		"a host without a domain":    func(r *ssoapi.Registration) { r.Email = "ada@localhost" },
		"a NUL in the e-mail":        func(r *ssoapi.Registration) { r.Email = "a\x00da@example.com" },
		"a line break in the e-mail": func(r *ssoapi.Registration) { r.Email = "ada@example.com\nBcc: x@y.zz" },
		"a look-alike letter":        func(r *ssoapi.Registration) { r.Email = "аda@example.com" },
		"a long e-mail":              func(r *ssoapi.Registration) { r.Email = "ada@" + strings.Repeat("a.", 130) + "com" },
		"no name":                    func(r *ssoapi.Registration) { r.Name = "" },
		"a name of spaces":           func(r *ssoapi.Registration) { r.Name = "   " },
		"a NUL in the name":          func(r *ssoapi.Registration) { r.Name = "A\x00da" },
		"a long name":                func(r *ssoapi.Registration) { r.Name = strings.Repeat("a", 101) },
		"a short password":           func(r *ssoapi.Registration) { r.Password = "x7#kQ2!" },
		"a long password":            func(r *ssoapi.Registration) { r.Password = strings.Repeat("word ", 60) },
		"a common password":          func(r *ssoapi.Registration) { r.Password = "Passw0rd123!" },
		"the e-mail as the password": func(r *ssoapi.Registration) { r.Password = "ADA@example.com" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := good
			spoil(&r)
			got := w.post(t, "/sso/v1/registrations", home, r)
			code := "registration_refused"
			if strings.Contains(got.Text, `"code":"validation_failed"`) {
				code = "validation_failed" // the contract itself refuses it
			}
			want(t, got, http.StatusUnprocessableEntity, code)
			if !strings.Contains(got.Text, `"location":"body.`) {
				t.Errorf("the answer %s does not say which field", got.Text)
			}
			if r.Password != "" && strings.Contains(got.Text, r.Password) {
				t.Error("the answer repeats the password")
			}
		})
	}
}

func TestRefusal38_MassAssignmentOfARole(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	for _, extra := range []string{`"role":"seller"`, `"roles":["seller"]`, `"id":"x"`, `"NAME":"seller"`, `"disabled_at":null`} {
		body := fmt.Sprintf(`{"email":"eve@example.com","password":%q,"name":"Eve",%s}`, goodPass, extra)
		want(t, w.post(t, "/sso/v1/registrations", home, body), http.StatusUnprocessableEntity, "validation_failed")
	}
	w.register(t, "eve@example.com")
	token := w.login(t, "eve@example.com", goodPass, home).AccessToken
	if got := w.get(t, "/shop", token); got.Status != http.StatusOK || strings.Contains(got.Text, "sell") {
		t.Errorf("the new user may %s", got.Text)
	}
	r := w.post(t, "/shop/offers", home, "", bearer(token))
	want(t, r, http.StatusForbidden, "insufficient_scope")
}

func TestRegister_Taken(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.register(t, "ada@example.com")
	for _, same := range []string{"ada@example.com", "ADA@Example.COM", "  ada@example.com "} {
		got := w.post(t, "/sso/v1/registrations", home, ssoapi.Registration{Email: same, Password: goodPass, Name: "Eve"})
		want(t, got, http.StatusConflict, "email_taken")
	}
	if got := w.login(t, "Ada@Example.com", goodPass, home); got.Status != http.StatusOK {
		t.Errorf("the first one cannot log in: %d %s", got.Status, got.Text)
	}
}

func TestRegister_IsBoundPerAddress(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"SSO_REGISTRATION_LIMIT": "2"})
	for i := range 3 {
		w.register(t, fmt.Sprintf("user%d@example.com", i))
	}
	w.failMore(t)
	probe := ssoapi.Registration{Email: "user0@example.com", Password: goodPass, Name: "Eve"}
	got := w.post(t, "/sso/v1/registrations", home, probe)
	want(t, got, http.StatusTooManyRequests, "too_many_attempts")
	if got.Header.Get("Retry-After") == "" {
		t.Error("the refusal does not say when to come back")
	}
	got = w.post(t, "/sso/v1/registrations", home, probe, func(r *http.Request) { r.Header.Set("X-Forwarded-For", "198.51.100.7") })
	want(t, got, http.StatusTooManyRequests, "too_many_attempts")
	want(t, w.post(t, "/sso/v1/registrations", "198.51.100.7", probe), http.StatusConflict, "email_taken")
}

func TestRegister_BelievesTrustedProxies(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"SSO_REGISTRATION_LIMIT": "1", "SLIPWAY_TRUSTED_PROXIES": "10.0.0.0/8"})
	from := func(client string) reply {
		return w.post(t, "/sso/v1/registrations", "10.0.0.1", ssoapi.Registration{Email: "a@example.com", Password: goodPass, Name: "A"},
			func(r *http.Request) { r.Header.Set("X-Forwarded-For", "203.0.113.9, "+client) })
	}
	for range 2 {
		from("198.51.100.1")
	}
	w.failMore(t)
	want(t, from("198.51.100.1"), http.StatusTooManyRequests, "too_many_attempts")
	want(t, from("198.51.100.2"), http.StatusConflict, "email_taken")
}

// Whoever has accounts opened and closed mails their e-mail no more than others do.
func TestRegister_MailsAnAddressNoMoreThanCodesAre(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	mails := func() (n int) {
		for _, m := range outbox(t, w.Kit) {
			if m.To == "ada@example.com" {
				n++
			}
		}
		return n
	}
	const free = 6
	for range free {
		token := w.member(t, "ada@example.com").AccessToken
		w.send(t, http.MethodDelete, "/sso/v1/me", token, nil)
	}
	if n := mails(); n != free {
		t.Fatalf("%d mails were sent, want %d", n, free)
	}
	got := w.post(t, "/sso/v1/registrations", home, ada)
	if got.Status != http.StatusCreated || got.Confirmation.Challenge != "" || !strings.Contains(got.Text, `"confirm_after":`) || mails() != free {
		t.Errorf("answer = %d %s and %d mails were sent, want the account and no mail", got.Status, got.Text, mails())
	}
	token := w.login(t, ada.Email, goodPass, home).AccessToken
	want(t, w.send(t, http.MethodPost, "/sso/v1/confirmations/resend", token, nil), http.StatusTooManyRequests, "too_many_attempts")
	w.exec(t, `UPDATE throttles SET updated_at = updated_at - interval '31 seconds'`)
	if got := w.send(t, http.MethodPost, "/sso/v1/confirmations/resend", token, nil); got.Status != http.StatusCreated || mails() != free+1 {
		t.Errorf("after the wait it is answered %d %s", got.Status, got.Text)
	}
}

func TestRegister_OfATakenEmailCostsItsOwnerNoMail(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.register(t, ada.Email)
	for range 10 {
		want(t, w.post(t, "/sso/v1/registrations", home, ada), http.StatusConflict, "email_taken")
	}
	w.sendCode(t, ada.Email)
}
