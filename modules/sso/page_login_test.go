package sso_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/modules/sso"
	"github.com/slipway-go/slipway/modules/sso/internal/client"
	"github.com/slipway-go/slipway/modules/sso/internal/grant"
)

func TestLoginPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"SSO_PRODUCT_NAME": "Corner <Shop>", "SSO_RETURN_PATHS": "/orders"})
	w.register(t, "ada@example.com")

	t.Run("logs nobody in by a wrong password, and says so to who cannot see", func(t *testing.T) {
		t.Parallel()
		b := w.tab(t)
		got := b.login(`"><script>@example.com`, "wrong")
		got.says(t, http.StatusUnauthorized, "The e-mail or the password is wrong.", "<title>Error: Log in", `role="alert"`)
		if strings.Contains(got.Body, "<script>") || b.cookie() != "" {
			t.Errorf("the page has a script that somebody typed, or a cookie %q:\n%s", b.cookie(), got.Body)
		}
		if strings.Contains(got.Body, "wrong\"") {
			t.Error("the page gives the password back")
		}
	})
	t.Run("tells who tries too often how long to wait", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, nil)
		b := w.tab(t)
		b.login("ada@example.com", "wrong")
		w.failMore(t)
		got := b.login("ada@example.com", "wrong")
		got.says(t, http.StatusTooManyRequests, "Too many attempts")
		if got.Header.Get("Retry-After") == "" {
			t.Error("the answer has no Retry-After")
		}
	})
	t.Run("logs in, and leads to where it was asked from", func(t *testing.T) {
		t.Parallel()
		b := w.tab(t)
		b.open("/sso/login?return_to=%2Forders%3Fpage%3D2&login_hint=ada%40example.com").says(t, http.StatusOK, "Corner <Shop>", `value="ada@example.com"`)
		b.submit("password", goodPass, "email", "ada@example.com").leads(t, "/orders?page=2")
		if b.cookie() == "" {
			t.Error("there is no cookie")
		}
	})
	t.Run("leads nowhere else", func(t *testing.T) {
		t.Parallel()
		for _, to := range []string{
			"https://evil.example/", "//evil.example", `/\evil.example`, "/\t/evil.example", "/%5cevil.example", "/orders//evil.example",
			"javascript:alert(1)", "/ordersx", "/", "/sso/logout", "orders",
			"/orders/../admin", "/orders/..", "/orders/%2e%2e/admin", "/orders/.%2E/admin", "/orders/./x", "/orders/..%2fadmin", "/orders/a%2Fb", "/orders/..%5cadmin",
			"/oauth/x/../authorize", "/sso/account/../logout",
		} {
			b := w.tab(t)
			b.open("/sso/login?return_to=" + url.QueryEscape(to))
			b.submit("email", "ada@example.com", "password", goodPass).leads(t, "/sso/account")
		}
	})
	t.Run("allows its page nothing but this server", func(t *testing.T) {
		t.Parallel()
		got := w.tab(t).open("/sso/login")
		for header, want := range map[string]string{
			"Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
			"Cache-Control":           "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Content-Type": "text/html; charset=utf-8",
		} {
			if got.Header.Get(header) != want {
				t.Errorf("%s = %q, want %q", header, got.Header.Get(header), want)
			}
		}
	})
}

func TestLoginPage_LetsItsFormLeadToRegisteredAddressesOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	f := w.flow(t)
	w.flow(t, public, func(c *grant.Client) {
		c.ID, c.RedirectURIs = "phone", []string{"com.example.app:/callback", "http://127.0.0.1/callback"}
	})
	w.flow(t, func(c *grant.Client) { c.ID = "former" })
	if err := client.NewStore(w.DB("sso")).Revoke(t.Context(), w.DB("sso"), "former"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ client, address, want string }{
		{"web", back, "form-action 'self' https://web.example;"},
		{"phone", "com.example.app:/callback", "form-action 'self' com.example.app:;"},
		{"phone", "http://127.0.0.1:49152/callback", "form-action 'self' http://127.0.0.1:49152;"},

		{"web", "https://evil.example/", "form-action 'self';"},
		{"web", "https://web.example/elsewhere", "form-action 'self';"},
		{"web", "https://web.example;script-src *", "form-action 'self';"},
		{"web", "https://web.example%3Bscript-src%20*/", "form-action 'self';"},
		{"web", "nonsense", "form-action 'self';"},
		{"phone", back, "form-action 'self';"},
		{"former", back, "form-action 'self';"},
		{"nobody", back, "form-action 'self';"},
		{"slipway", back, "form-action 'self';"},
		{"\x00", back, "form-action 'self';"},
		{"", back, "form-action 'self';"},
	} {
		asked := f.request("client_id", c.client, "redirect_uri", c.address)
		for _, page := range []string{"/sso/login", "/sso/register", "/sso/code", "/sso/reset"} {
			got := w.tab(t).open(page + "?return_to=" + url.QueryEscape(asked))
			if policy := got.Header.Get("Content-Security-Policy"); got.Status != http.StatusOK || !strings.Contains(policy, c.want) {
				t.Errorf("%s for %q at %s is answered %d under %s, want %s", page, c.client, c.address, got.Status, policy, c.want)
			}
		}
	}
	if strings.Contains(w.Log(), "cannot be looked up") {
		t.Errorf("somebody's address is a fault of ours:\n%s", w.Log())
	}
}

func TestLoginPage_DemoUsers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"SLIPWAY_ENV": "development"},
		sso.WithDemoUsers(sso.DemoUser{Email: "seller@example.com", Password: goodPass, Name: "Sue", Roles: []string{"seller"}}))
	w.tab(t).login("seller@example.com", goodPass).leads(t, "/sso/account")
}

func TestBrowserSession(t *testing.T) {
	t.Parallel()
	t.Run("is renewed by a login of the same user", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, nil)
		w.register(t, "ada@example.com")
		b := w.tab(t)
		b.login("ada@example.com", goodPass)
		first, id := b.cookie(), w.session(t)
		b.login("ada@example.com", goodPass)
		if b.cookie() == first || w.session(t) != id {
			t.Errorf("the cookie is %q and was %q, the session %s and was %s; want another secret of the same session", b.cookie(), first, w.session(t), id)
		}
	})
	t.Run("is ended by a login of another user", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, nil)
		w.register(t, "ada@example.com")
		w.register(t, "bob@example.com")
		b := w.tab(t)
		b.login("ada@example.com", goodPass)
		ada := w.session(t)
		b.login("bob@example.com", goodPass)
		if bob := w.session(t); bob == ada {
			t.Errorf("session %s goes on for another user", ada)
		}
	})
	t.Run("ends with a logout, which asks first", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, nil)
		w.register(t, "ada@example.com")
		b := w.tab(t)
		b.login("ada@example.com", goodPass)
		b.open("/sso/logout").says(t, http.StatusOK, "Log out?")
		if b.cookie() == "" {
			t.Fatal("whoever gets a browser to open the page has logged its user out")
		}
		b.submit().says(t, http.StatusOK, "You are logged out")
		if b.cookie() != "" {
			t.Errorf("the cookie is still %q", b.cookie())
		}
		if n := w.count(t, `SELECT count(*) FROM sessions WHERE ended_at IS NULL`); n != 0 {
			t.Errorf("%d sessions go on", n)
		}
		b.open("/sso/logout").says(t, http.StatusOK, "You are logged out")
	})
	t.Run("is logged without its secret", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, nil)
		w.register(t, "ada@example.com")
		b := w.tab(t)
		b.login("ada@example.com", goodPass)
		b.open("/sso/logout")
		if log := w.Log(); strings.Contains(log, b.cookie()) || strings.Contains(log, goodPass) {
			t.Errorf("the log holds a secret:\n%s", log)
		}
	})
}

// Somebody plants a cookie of their own, or one that they made up, and waits until its
// victim has logged in with it.
func TestRefusal32_SessionFixation(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.register(t, "ada@example.com")
	w.register(t, "eve@example.com")
	eve := w.tab(t)
	eve.login("eve@example.com", goodPass)
	for name, planted := range map[string]string{"a session of hers": eve.cookie(), "a secret of hers": "slc_" + strings.Repeat("A", 43)} {
		victim := w.tab(t)
		victim.cookies["__Host-slipway"] = planted
		victim.login("ada@example.com", goodPass).leads(t, "/sso/account")
		if victim.cookie() == planted {
			t.Errorf("%s became the victim's session", name)
		}
		eve.cookies["__Host-slipway"] = planted
		eve.open("/sso/logout").says(t, http.StatusOK, "You are logged out")
	}
}

// A page of somebody else sends the login form with an account of theirs, so that the
// victim works in it; or the form that logs out.
func TestRefusal32_FormOfAnotherSite(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.register(t, "ada@example.com")
	w.register(t, "eve@example.com")
	for _, site := range []string{"cross-site", "same-site"} {
		victim := w.tab(t)
		victim.site = site
		victim.login("eve@example.com", goodPass).says(t, http.StatusForbidden, "This form was not sent from our own page")
		if victim.cookie() != "" {
			t.Errorf("a form of a %s page logs in", site)
		}
	}
	victim := w.tab(t)
	victim.login("ada@example.com", goodPass)
	cookie := victim.cookie()
	for _, site := range []string{"cross-site", "same-site", ""} { // no browser sends none at all
		victim.site = site
		victim.post("/sso/logout", nil).says(t, http.StatusForbidden, "This form was not sent from our own page")
	}
	victim.site = "same-origin"
	if victim.open("/sso/logout").says(t, http.StatusOK, "Log out?"); victim.cookie() != cookie {
		t.Error("a form of another page took the cookie")
	}
}

// session returns the one session that goes on.
func (w *world) session(t *testing.T) uuid.UUID {
	t.Helper()
	var id uuid.UUID
	if err := w.DB("sso").QueryRow(t.Context(), `SELECT id FROM sessions WHERE ended_at IS NULL`).Scan(&id); err != nil {
		t.Fatal(err)
	}
	return id
}

func (w *world) count(t *testing.T, sql string, args ...any) int {
	t.Helper()
	var n int
	if err := w.DB("sso").QueryRow(t.Context(), sql, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
