package sso_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"testing"
	"time"

	"github.com/slipway-go/slipway/modules/sso/ssoapi"
	"github.com/slipway-go/slipway/slipwaytest"
)

// who returns whom the shop sees at a path, as a page of the product asks it.
func (b *tab) who(path string) whoami {
	b.t.Helper()
	b.open(path).says(b.t, http.StatusOK, "subject")
	var seen whoami
	if err := json.Unmarshal([]byte(b.page.Body), &seen); err != nil {
		b.t.Fatal(err)
	}
	return seen
}

// A page of the product calls its modules by the cookie of the login alone, in one
// process and behind an edge.
func TestCookies(t *testing.T) {
	t.Parallel()
	slipwaytest.DeploymentsWith(t, withSecret(nil), product(), func(t *testing.T, k *slipwaytest.Kit) {
		const email = "ada@example.com"
		ada := slipwaytest.Do(k, ssoapi.Register, ssoapi.RegisterInput{
			Body: ssoapi.Registration{Email: email, Password: goodPass, Name: "Ada"},
		}).Want(201).Body.UserID.String()

		t.Run("mean nothing before a login", func(t *testing.T) {
			newTab(t, k).open("/shop").says(t, http.StatusUnauthorized, "missing_token")
		})
		b := newTab(t, k)
		b.login(email, goodPass).leads(t, "/sso/account")
		t.Run("let a module know the user", func(t *testing.T) {
			if seen := b.who("/shop"); seen.Subject != ada || seen.Service != "" {
				t.Errorf("the shop sees %+v, want %s", seen, ada)
			}
		})
		t.Run("let a module call another for the user", func(t *testing.T) {
			if seen := b.who("/till"); seen.Subject != ada || seen.Service != "till" {
				t.Errorf("the shop sees %+v, want %s through the till", seen, ada)
			}
		})
		t.Run("serve the SSO's own routes", func(t *testing.T) {
			b.open("/sso/v1/passkeys").says(t, http.StatusOK, `"passkeys":[]`)
		})
		t.Run("do not let another site act", func(t *testing.T) {
			b.site = "cross-site"
			defer func() { b.site = "same-origin" }()
			b.post("/shop/offers", nil).says(t, http.StatusForbidden, "foreign_request")
			b.post("/sso/v1/passkeys/options", nil).says(t, http.StatusForbidden, "foreign_request")
		})
		t.Run("give no more than the user may", func(t *testing.T) {
			b.post("/shop/offers", nil).says(t, http.StatusForbidden, "insufficient_scope")
		})
	})
}

// Somebody has kept a copy of the cookie and goes on with it after the owner has logged
// out. The SSO knows at once; the others, which keep a token for it, within seconds.
func TestRefusal33_CookieAfterLogout(t *testing.T) {
	t.Parallel()
	slipwaytest.DeploymentsWith(t, withSecret(nil), product(), func(t *testing.T, k *slipwaytest.Kit) {
		owner, thief := newTab(t, k), newTab(t, k)
		account := newAccount(k)
		owner.login(account.Email, account.Password)
		owner.who("/shop")
		maps.Copy(thief.cookies, owner.cookies)
		thief.who("/shop")
		owner.open("/sso/logout")
		owner.submit().says(t, http.StatusOK, "You are logged out")

		ended := time.Now()
		thief.open("/sso/account").leads(t, "/sso/login?return_to=%2Fsso%2Faccount")
		for thief.open("/shop").Status == http.StatusOK {
			if time.Since(ended) > 7*time.Second {
				t.Fatal("the cookie is believed 7 s after the logout, want 5 and what a busy machine takes")
			}
			time.Sleep(50 * time.Millisecond)
		}
		thief.page.says(t, http.StatusUnauthorized, "session_over")
	})
}
