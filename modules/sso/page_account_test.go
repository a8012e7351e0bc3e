package sso_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/descope/virtualwebauthn"
	"github.com/google/uuid"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/modules/sso/ssoapi"
	"github.com/slipway-go/slipway/slipwaytest"
)

func TestAccountPage(t *testing.T) {
	t.Parallel()
	t.Run("asks who has not logged in to do so", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, nil)
		b := w.tab(t)
		b.open("/sso/account").leads(t, "/sso/login?return_to=%2Fsso%2Faccount")
		b.post("/sso/account/passkeys", url.Values{"id": {uuid.NewString()}}).leads(t, "/sso/login?return_to=%2Fsso%2Faccount")
	})
	t.Run("does not show a closed account", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, nil)
		w.register(t, "ada@example.com")
		b := w.tab(t)
		b.login("ada@example.com", goodPass)
		w.exec(t, `UPDATE users SET disabled_at = now()`)
		b.open("/sso/account").leads(t, "/sso/login?return_to=%2Fsso%2Faccount")
	})
	t.Run("shows what is there", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, nil)
		w.register(t, "ada@example.com")
		b := w.tab(t)
		b.login("ada@example.com", goodPass)
		b.open("/sso/account").says(t, http.StatusOK, "ada@example.com", "this browser", `href="/sso/account/password"`, "Add a passkey")
	})
	t.Run("asks for another login before something grave", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, nil)
		w.register(t, "ada@example.com")
		b := w.tab(t)
		b.login("ada@example.com", goodPass)
		key := w.addPasskey(t, newDevice(), "ada@example.com")
		w.exec(t, `UPDATE sessions SET auth_time = auth_time - interval '1 hour'`)
		b.open("/sso/account").says(t, http.StatusOK, "Log in again to add a passkey")
		b.post("/sso/account/passkeys", url.Values{"id": {key.id.String()}}).leads(t, "/sso/login?again=page&return_to=%2Fsso%2Faccount")
		b.open("/sso/account/close").leads(t, "/sso/login?again=page&return_to=%2Fsso%2Faccount%2Fclose")
		b.follow()
		b.submit("email", "ada@example.com", "password", goodPass).leads(t, "/sso/account/close")
	})
}

// Refusal 39: another user's object, by the forms of the account page.
func TestRefusal39_SessionOfAnotherUserOnPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.register(t, "ada@example.com")
	w.register(t, "eve@example.com")
	ada, eve := w.tab(t), w.tab(t)
	ada.login("ada@example.com", goodPass)
	adas := w.session(t)
	eve.login("eve@example.com", goodPass)
	eve.post("/sso/account/sessions", url.Values{"id": {adas.String()}}).says(t, http.StatusNotFound, `role="alert"`)
	eve.post("/sso/account/sessions/others", nil).leads(t, "/sso/account?done=sessions")
	ada.open("/sso/account").says(t, http.StatusOK, "ada@example.com")
}

func TestAccountPage_Sessions(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.register(t, "ada@example.com")
	on := func(userAgent string) *tab {
		b := w.tab(t)
		b.userAgent = userAgent
		b.login("ada@example.com", goodPass)
		return b
	}
	phone := on("Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1")
	laptop := on("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0")
	app := on("Corner Shop/3.1 <script>")

	laptop.open("/sso/account").says(t, http.StatusOK, "Safari on iPhone", "Edge on Windows</strong> <span class=\"tag\">this browser", "<strong>Corner Shop</strong>")
	id := regexp.MustCompile(`name="id" value="([^"]*)"><button class="small other" aria-label="Log out Safari on iPhone"`).FindStringSubmatch(laptop.page.Body)
	if id == nil {
		t.Fatalf("nothing logs the phone out:\n%s", laptop.page.Body)
	}
	laptop.post("/sso/account/sessions", url.Values{"id": {id[1]}}).leads(t, "/sso/account?done=session")
	laptop.follow().says(t, http.StatusOK, "That device is logged out.", "Corner Shop")
	phone.open("/sso/account").leads(t, "/sso/login?return_to=%2Fsso%2Faccount")
	laptop.post("/sso/account/sessions/others", nil).leads(t, "/sso/account?done=sessions")
	app.open("/sso/account").leads(t, "/sso/login?return_to=%2Fsso%2Faccount")
	laptop.follow().says(t, http.StatusOK, "You are logged out everywhere else.")
	if strings.Contains(laptop.page.Body, "everywhere else</button>") {
		t.Error("there is nothing else to log out, and a button for it")
	}
}

func TestAccountPage_Person(t *testing.T) {
	t.Parallel()
	const better = "other random words there"
	w := newWorld(t, nil)
	w.register(t, "ada@example.com")
	w.register(t, "bob@example.com")
	b, elsewhere := w.tab(t), w.tab(t)
	b.login("ada@example.com", goodPass)
	elsewhere.login("ada@example.com", goodPass)

	b.open("/sso/account/name").says(t, http.StatusOK, `value="Ada"`)
	b.submit("name", " ").says(t, http.StatusUnprocessableEntity, `id="name-fault"`)
	b.submit("name", "Ada Lovelace").leads(t, "/sso/account?done=name")
	b.follow().says(t, http.StatusOK, "Ada Lovelace")

	b.open("/sso/account/password")
	b.submit("current", "wrong", "password", better).says(t, http.StatusUnprocessableEntity, `role="alert"`)
	b.submit("current", goodPass, "password", "password").says(t, http.StatusUnprocessableEntity, `id="password-fault"`)
	b.submit("current", goodPass, "password", better).leads(t, "/sso/account?done=password")
	b.follow().says(t, http.StatusOK, "Your password is changed")
	elsewhere.open("/sso/account").leads(t, "/sso/login?return_to=%2Fsso%2Faccount")

	b.open("/sso/account/email")
	b.submit("email", "lovelace@example.com")
	b.follow()
	code := w.codeFor(t, "lovelace@example.com")
	b.submit("code", another(code)).says(t, http.StatusUnprocessableEntity, `role="alert"`)
	b.submit("code", code).leads(t, "/sso/account?done=email")
	b.follow().says(t, http.StatusOK, "lovelace@example.com")

	b.open("/sso/account/close").says(t, http.StatusOK, "Close your account?")
	b.submit("email", "bob@example.com").says(t, http.StatusUnprocessableEntity, "This is not your e-mail.")
	b.submit("email", " Lovelace@example.com").leads(t, "/sso/login?done=closed")
	if b.cookie() != "" {
		t.Error("the cookie is still there")
	}
	b.follow()
	b.submit("email", "lovelace@example.com", "password", better).says(t, http.StatusUnauthorized, "wrong")
}

// A passkeyOf is a passkey and what signs with it.
type passkeyOf struct {
	id     uuid.UUID
	signer virtualwebauthn.Credential
}

func (w *world) addPasskey(t *testing.T, d *device, email string) passkeyOf {
	t.Helper()
	as := bearer(w.login(t, email, goodPass, home).AccessToken)
	begun := slipwaytest.Do(w.In(t), ssoapi.BeginPasskey, api.Empty{}, as).Want(200).Body
	made, answer := d.make(t, begun.Options)
	added := slipwaytest.Do(w.In(t), ssoapi.AddPasskey, ssoapi.AddPasskeyInput{
		Body: ssoapi.NewPasskey{CeremonyID: begun.CeremonyID, Name: "My <phone>", Credential: answer},
	}, as).Want(201).Body
	return passkeyOf{added.ID, made}
}

func TestAccountPage_Passkeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.register(t, "ada@example.com")
	w.register(t, "eve@example.com")
	key := w.addPasskey(t, newDevice(), "ada@example.com")
	form := url.Values{"id": {key.id.String()}}

	eve := w.tab(t)
	eve.login("eve@example.com", goodPass)
	eve.open("/sso/account").says(t, http.StatusOK, "eve@example.com")
	if strings.Contains(eve.page.Body, "phone") {
		t.Error("eve sees ada's passkey")
	}
	// Refusal 39: another user's object.
	eve.post("/sso/account/passkeys", form).says(t, http.StatusNotFound, `role="alert"`)

	ada := w.tab(t)
	ada.login("ada@example.com", goodPass)
	ada.open("/sso/account").says(t, http.StatusOK, "My <phone>", "never used")
	ada.post("/sso/account/passkeys", url.Values{"id": {"nonsense"}}).says(t, http.StatusNotFound, "There is no such thing any more.")
	ada.post("/sso/account/passkeys", form).leads(t, "/sso/account?done=passkey")
	if ada.open("/sso/account?done=passkey").says(t, http.StatusOK, "The passkey is deleted."); strings.Contains(ada.page.Body, "phone") {
		t.Error("the passkey is still there")
	}
}

func TestLoginPage_Passkey(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.register(t, "ada@example.com")
	d := newDevice()
	key := w.addPasskey(t, d, "ada@example.com")
	proof := func(t *testing.T, returnTo string) string {
		t.Helper()
		begun := beginLogin(w.In(t))
		return text(t, map[string]any{"ceremony_id": begun.CeremonyID, "credential": d.use(t, key.signer, begun.Options), "return_to": returnTo})
	}
	send := func(b *tab, body string) page {
		return b.send(http.MethodPost, "/sso/passkey", body, func(r *http.Request) { r.Header.Set("Content-Type", "application/json") })
	}
	for name, body := range map[string]string{"no JSON": "nonsense", "no proof": "{}"} {
		b := w.tab(t)
		if got := send(b, body); got.Status < 400 || got.Status > 499 || b.cookie() != "" {
			t.Errorf("%s is answered %d, cookie %q", name, got.Status, b.cookie())
		}
	}
	foreign := w.tab(t)
	foreign.site = "cross-site"
	if got := send(foreign, proof(t, "")); got.Status != http.StatusForbidden || foreign.cookie() != "" {
		t.Errorf("a page of another site is answered %d, cookie %q", got.Status, foreign.cookie())
	}
	for asked, want := range map[string]string{"": "/sso/account", "/orders": "/orders", "//evil.example": "/sso/account"} {
		b := w.tab(t)
		got := send(b, proof(t, asked))
		var on struct{ Location string }
		if err := json.Unmarshal([]byte(got.Body), &on); err != nil || got.Status != http.StatusOK || on.Location != want || b.cookie() == "" {
			t.Errorf("back to %q: answer = %d %s, cookie %q; want %s", asked, got.Status, got.Body, b.cookie(), want)
		}
	}
}
