package sso_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"
)

// follow opens the page to which the one before leads.
func (b *tab) follow() page {
	b.t.Helper()
	if b.page.Status != http.StatusSeeOther {
		b.t.Fatalf("answer = %d, want 303\n%s", b.page.Status, b.page.Body)
	}
	return b.open(b.page.Header.Get("Location"))
}

func TestRegisterPage(t *testing.T) {
	t.Parallel()
	t.Run("tells what is wrong beside each field, and begins with the first", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, nil)
		b := w.tab(t)
		b.open("/sso/register")
		got := b.submit("email", "no e-mail", "name", "Ada <b>", "password", "password")
		got.says(t, http.StatusUnprocessableEntity, "<title>Error: Create an account", `id="email-fault"`, `id="password-fault"`, `aria-invalid="true" autofocus`)
		if strings.Contains(got.Body, "Ada <b>") || strings.Contains(got.Body, `value="password"`) || b.cookie() != "" {
			t.Errorf("the page repeats markup or a password, or somebody is logged in:\n%s", got.Body)
		}
		if strings.Index(got.Body, "autofocus") > strings.Index(got.Body, `id="password"`) {
			t.Errorf("typing does not begin at the e-mail, which is wrong first:\n%s", got.Body)
		}
	})
	t.Run("says that an e-mail has an account", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, nil)
		w.register(t, "ada@example.com")
		b := w.tab(t)
		b.open("/sso/register")
		b.submit("email", "ada@example.com", "name", "Ada", "password", goodPass).says(t, http.StatusConflict, "There is an account with this e-mail already; log in instead.", `href="/sso/login"`)
	})
	t.Run("gives nobody a role that they ask for", func(t *testing.T) { // refusal 38
		t.Parallel()
		w := newWorld(t, nil)
		b := w.tab(t)
		b.post("/sso/register", url.Values{"email": {"eve@example.com"}, "name": {"Eve"}, "password": {goodPass}, "role": {"seller"}, "roles": {"seller"}, "body.roles": {"seller"}})
		if n := w.count(t, `SELECT count(*) FROM user_roles WHERE role = 'seller'`); n != 0 {
			t.Error("eve is a seller")
		}
	})
	t.Run("logs in, has the e-mail confirmed and leads back", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, nil)
		b := w.tab(t)
		b.open("/sso/login?return_to=%2Forders")
		b.open("/sso/register?return_to=%2Forders").says(t, http.StatusOK, `autocomplete="new-password"`)
		b.submit("email", "ada@example.com", "name", "Ada", "password", goodPass)
		if b.cookie() == "" {
			t.Error("who has registered is not logged in")
		}
		b.follow().says(t, http.StatusOK, "Confirm your e-mail", `href="/orders"`, `autocomplete="one-time-code"`)
		code := w.codeFor(t, "ada@example.com")
		b.submit("code", "12345").says(t, http.StatusUnprocessableEntity, "Write the six digits, such as 123456.")
		b.submit("code", another(code)).says(t, http.StatusUnprocessableEntity, `role="alert"`)
		b.submit("code", code[:3]+" "+code[3:]).leads(t, "/orders")
		b.open("/sso/account").says(t, http.StatusOK, "Ada", "ada@example.com")
		if strings.Contains(b.page.Body, "not confirmed") {
			t.Error("the e-mail is not confirmed")
		}
	})
	t.Run("mails another code", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, nil)
		w.register(t, "ada@example.com")
		stranger := w.tab(t)
		stranger.open("/sso/confirm").says(t, http.StatusOK, "Mail me a code")
		stranger.submit().leads(t, "/sso/login?return_to=%2Fsso%2Faccount")

		b := w.tab(t)
		b.login("ada@example.com", goodPass)
		b.open("/sso/confirm")
		b.submit()
		b.follow()
		b.submit("code", w.codeFor(t, "ada@example.com")).leads(t, "/sso/account?done=email")
		b.follow().says(t, http.StatusOK, "Your e-mail is confirmed.")
	})
	t.Run("confirms first where the product asks for it", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, map[string]string{"SSO_CONFIRMATION": "required"})
		b := w.tab(t)
		b.open("/sso/register?return_to=%2Forders")
		b.submit("email", "ada@example.com", "name", "Ada", "password", goodPass)
		if b.follow(); b.cookie() != "" || strings.Contains(b.page.Body, "Do it later") {
			t.Errorf("somebody is logged in, or may put it off:\n%s", b.page.Body)
		}
		elsewhere := w.tab(t)
		elsewhere.login("ada@example.com", goodPass).says(t, http.StatusForbidden, "The e-mail of the account is not confirmed")
		if elsewhere.cookie() != "" {
			t.Error("somebody is logged in before the e-mail is confirmed")
		}
		b.submit("code", w.codeFor(t, "ada@example.com")).leads(t, "/sso/login?done=email&return_to=%2Forders")
		b.follow().says(t, http.StatusOK, "Your e-mail is confirmed.")
		b.submit("email", "ada@example.com", "password", goodPass).leads(t, "/orders")
	})
}

func TestCodePage(t *testing.T) {
	t.Parallel()
	t.Run("logs in who has the code, and the unknown not", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, nil)
		w.register(t, "ada@example.com")
		for _, email := range []string{"nobody@example.com", "ada@example.com"} {
			b := w.tab(t)
			b.open("/sso/code?return_to=%2Forders")
			b.submit("to", email)
			b.follow().says(t, http.StatusOK, "If there is an account of yours, we have sent it a code")
			if email == "nobody@example.com" {
				b.submit("code", "123456").says(t, http.StatusUnauthorized, "The code is wrong")
				continue
			}
			code := w.codeFor(t, email)
			b.submit("code", another(code)).says(t, http.StatusUnauthorized, "The code is wrong")
			b.submit("code", code).leads(t, "/orders")
			b.open("/sso/account").says(t, http.StatusOK, email)
		}
	})
	t.Run("takes a challenge of nobody for a wrong code", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, nil)
		for _, challenge := range []string{uuid.NewString(), "", "nonsense"} {
			w.tab(t).post("/sso/code/login", url.Values{"challenge": {challenge}, "code": {"123456"}}).says(t, http.StatusUnauthorized, "The code is wrong")
		}
	})
	t.Run("sends nothing by a channel that the product has not", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, nil)
		b := w.tab(t)
		b.open("/sso/code")
		b.submit("to", "+4915112345678").says(t, http.StatusUnprocessableEntity, `id="to-fault"`)
	})
	t.Run("logs nobody in from another site", func(t *testing.T) { // refusal 32
		t.Parallel()
		w := newWorld(t, nil)
		w.register(t, "eve@example.com")
		b := w.tab(t)
		b.open("/sso/code")
		b.submit("to", "eve@example.com")
		b.follow()
		b.site = "cross-site"
		b.submit("code", w.codeFor(t, "eve@example.com")).says(t, http.StatusForbidden, "This form was not sent from our own page")
		if b.cookie() != "" {
			t.Error("the victim works in eve's account")
		}
	})
}

func TestResetPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.register(t, "ada@example.com")
	elsewhere := w.tab(t)
	elsewhere.login("ada@example.com", goodPass)

	unknown := w.tab(t)
	unknown.open("/sso/reset")
	unknown.submit("email", "nobody@example.com")
	unknown.follow().says(t, http.StatusOK, "If there is an account with this e-mail")

	b := w.tab(t)
	b.open("/sso/reset?return_to=%2Forders")
	b.submit("email", "ada@example.com")
	b.follow().says(t, http.StatusOK, `autocomplete="new-password"`)
	code := w.codeFor(t, "ada@example.com")
	const better = "other random words there"
	b.submit("code", another(code), "password", better).says(t, http.StatusUnprocessableEntity, `role="alert"`)
	b.submit("code", code, "password", "password").says(t, http.StatusUnprocessableEntity, `id="password-fault"`)
	b.submit("code", code, "password", better).leads(t, "/sso/login?done=reset&return_to=%2Forders")
	b.follow().says(t, http.StatusOK, "Your password is changed.")
	b.submit("email", "ada@example.com", "password", better).leads(t, "/orders")
	w.tab(t).login("ada@example.com", goodPass).says(t, http.StatusUnauthorized, "wrong")
	elsewhere.open("/sso/account").leads(t, "/sso/login?return_to=%2Fsso%2Faccount") // refusal 33
}
