package sso_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
)

func TestPages_RequireWhatTheyAskFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.register(t, "ada@example.com")
	b := w.tab(t)
	b.login("ada@example.com", goodPass)
	input := regexp.MustCompile(`(?s)<input id="([^"]*)"[^>]*>`)
	for _, path := range []string{"/sso/login", "/sso/register", "/sso/code", "/sso/reset", "/sso/account/name", "/sso/account/password", "/sso/account/email"} {
		found := input.FindAllStringSubmatch(b.open(path).Body, -1)
		if len(found) == 0 {
			t.Errorf("%s asks for nothing", path)
		}
		for _, in := range found {
			if !strings.Contains(in[0], " required") {
				t.Errorf("%s: a browser sends %s empty: %s", path, in[1], in[0])
			}
			if strings.Contains(in[0], "new-password") && !strings.Contains(in[0], ` minlength="8"`) {
				t.Errorf("%s: a browser sends a password that is too short: %s", path, in[0])
			}
		}
	}
}

func TestPages_SpeakToPeople(t *testing.T) {
	t.Parallel()
	t.Run("of lengths", func(t *testing.T) {
		t.Parallel()
		b := newWorld(t, nil).tab(t)
		b.open("/sso/register")
		b.submit("email", "ada@example.com", "name", "", "password", "short").says(t, http.StatusUnprocessableEntity,
			"Use 8 characters or more.", "Fill this in.", "Please correct what is marked.")
		b.submit("email", "ada@example.com", "name", strings.Repeat("a", 101), "password", goodPass).says(t, http.StatusUnprocessableEntity, "Use 100 characters at most.")
	})
	t.Run("of what cannot be taken", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, nil)
		w.register(t, "ada@example.com")
		b := w.tab(t)
		b.open("/sso/register")
		b.submit("email", "nonsense", "name", "Ada", "password", goodPass).says(t, http.StatusUnprocessableEntity, "Please correct what is marked.", "This is no e-mail such as ada@example.com")
		b.submit("email", "ada@example.com", "name", "Ada", "password", goodPass).says(t, http.StatusConflict, "This belongs to an account already.")
		b.submit("email", "bob@example.com", "name", "Ada", "password", "11111111").says(t, http.StatusUnprocessableEntity, "This repeats or counts")
	})
	t.Run("of a mistyped e-mail", func(t *testing.T) {
		t.Parallel()
		b := newWorld(t, nil).tab(t)
		b.open("/sso/code")
		b.submit("to", "ada.example.com").says(t, http.StatusUnprocessableEntity, "This is no e-mail such as ada@example.com")
	})
	t.Run("of what is neither an e-mail nor a phone", func(t *testing.T) {
		t.Parallel()
		b := newWorld(t, german).tab(t)
		b.open("/sso/code")
		b.submit("to", "ada.example.com").says(t, http.StatusUnprocessableEntity, "This is no e-mail such as ada@example.com, and no phone such as +4915112345678.")
		b.submit("to", "015112345678").says(t, http.StatusUnprocessableEntity, "This is no phone in international form")
	})
	t.Run("of a password", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, nil)
		w.register(t, "ada@example.com")
		b := w.tab(t)
		b.login("ada@example.com", goodPass)
		b.open("/sso/account/password")
		b.submit("current", "some other words", "password", "other random words there").says(t, http.StatusUnprocessableEntity, "This is not the present password.")
		b.submit("current", goodPass, "password", goodPass).says(t, http.StatusUnprocessableEntity, "This is the present one; choose another.")
	})
}

func TestPages_SayWhyToLogInOnceMore(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.register(t, "ada@example.com")
	b := w.tab(t)
	b.login("ada@example.com", goodPass)
	b.open("/sso/account/email")
	w.exec(t, `UPDATE sessions SET auth_time = auth_time - interval '11 minutes'`)
	b.submit("email", "lovelace@example.com").leads(t, "/sso/login?again=form&return_to=%2Fsso%2Faccount%2Femail")
	b.follow().says(t, http.StatusOK, "For this, please log in once more.", "type it again")
	b.open("/sso/account/email").leads(t, "/sso/login?again=page&return_to=%2Fsso%2Faccount%2Femail")
	b.follow().says(t, http.StatusOK, "For this, please log in once more.")
	b.submit("email", "ada@example.com", "password", goodPass).leads(t, "/sso/account/email")
}

func TestAccountPage_EmailOfAnother(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.register(t, "ada@example.com")
	w.register(t, "bob@example.com")
	b := w.tab(t)
	b.login("ada@example.com", goodPass)
	b.open("/sso/account/email")
	b.submit("email", "bob@example.com")
	b.follow()
	code := w.codeFor(t, "bob@example.com")
	b.submit("code", another(code)).says(t, http.StatusUnprocessableEntity, "The code is wrong")
	b.submit("code", code).says(t, http.StatusConflict, "There is another account with this e-mail")
}

func TestMessages_SayWhatHelpsAgainstAnotherEmail(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"SSO_PRODUCT_NAME": "Corner Shop"})
	w.register(t, "ada@example.com")
	b := w.tab(t)
	b.login("ada@example.com", goodPass)
	b.open("/sso/account/email")
	b.submit("email", "lovelace@example.com")
	b.follow()
	b.submit("code", w.codeFor(t, "lovelace@example.com")).leads(t, "/sso/account?done=email")
	for _, m := range outbox(t, w.Kit) {
		if m.To == "ada@example.com" && strings.Contains(m.Text, "no longer this one") {
			if !strings.Contains(m.Text, "write to Corner Shop at once") || strings.Contains(m.Text, "choose a new password") {
				t.Errorf("the old address is advised: %s", m.Text)
			}
			return
		}
	}
	t.Error("the old address is told nothing")
}

func TestPages_SayWhereBrowsersKnowPasskeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"SSO_ISSUER": "http://127.0.0.1:8080"})
	w.register(t, "ada@example.com")
	b := w.tab(t)
	byAddress := func(r *http.Request) { r.Host = "127.0.0.1:8080" }
	b.open("/sso/login", byAddress).says(t, http.StatusOK, `Passkeys need an address with a name: <a href="http://localhost:8080/sso/login">`)
	if strings.Contains(b.page.Body, "data-passkey") {
		t.Error("a passkey is asked for, which the browser refuses")
	}
	b.login("ada@example.com", goodPass)
	b.open("/sso/account", byAddress).says(t, http.StatusOK, `<a href="http://localhost:8080/sso/account">`)
	if b.open("/sso/account").says(t, http.StatusOK, "Add a passkey"); strings.Contains(b.page.Body, "need an address") {
		t.Error("who came by name is sent there")
	}
}
