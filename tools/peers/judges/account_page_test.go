package judges_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp/kb"
)

// account logs the person in and shows their account.
func (b *browser) account(p *person) {
	b.t.Helper()
	b.open("/sso/account")
	b.logIn(p.email, password)
	b.isAt("/sso/account")
}

func TestChromium_EndsAnotherSessionOnTheAccountPage(t *testing.T) {
	t.Parallel()
	shop := openShop(t)
	p, here, there := shop.person(t), shop.chromium(t), shop.chromium(t)
	there.account(p)
	here.account(p)
	here.tabTo("Log out") // of this browser, which comes first
	here.tabTo("Log out")
	if got := eval[string](here, `document.activeElement.closest("li").innerText`); !containsAll(got, "Chrome on Linux", "127.0.0.1") {
		t.Fatalf("the focus is in %q, want the row of the other session", got)
	}
	here.press(kb.Enter)
	here.eventually("one session is left", `document.querySelectorAll("[aria-labelledby=sessions] li").length === 1`)

	there.open("/sso/account")
	there.isAt("/sso/login")
	here.open("/sso/account")
	here.isAt("/sso/account")
}

// The browser itself says where a form comes from, which no script can forge.
func TestChromium_RefusesTheFormOfAnotherWebsite(t *testing.T) {
	t.Parallel()
	shop := openShop(t)
	p, b := shop.person(t), shop.chromium(t)
	b.account(p)
	trap := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = fmt.Fprintf(w, `<form method="post" action="%s/sso/logout"><button>Win a prize</button></form>`, shop.url) // the browser may be gone
	}))
	t.Cleanup(trap.Close)
	b.open(trap.URL)
	b.click("Win a prize")
	b.isAt("/sso/logout")
	b.says("not sent from our own page")
	b.open("/sso/account")
	b.isAt("/sso/account")
}

func TestChromium_LogsInByAPasskey(t *testing.T) {
	t.Parallel()
	shop := openShop(t)
	p, b, c := shop.person(t), shop.chromium(t), shop.goClient(t, registration{})
	device := b.device()
	b.account(p)
	b.addPasskey()
	if kept := call(b, webauthn.GetCredentials, webauthn.GetCredentialsParams{AuthenticatorID: device}).Credentials; len(kept) != 1 || kept[0].RpID != "localhost" || !kept[0].IsResidentCredential {
		t.Fatalf("the device keeps %+v, want one passkey of localhost that it finds by itself", kept)
	}

	b.logOut()
	b.open(c.authorization())
	b.click("Log in with a passkey")
	if id := c.idToken(t, c.exchange(t, b.answer(c).Get("code"))); id.Subject != p.id {
		t.Errorf("the application lets %s in, want %s", id.Subject, p.id)
	}

	b.open("/sso/account")
	b.click("Delete passkey Chrome on Linux")
	b.says("A passkey logs you in")
	b.logOut()
	b.open("/sso/login")
	b.click("Log in with a passkey")
	b.passkeyRefused()
}

func TestChromium_LetsNobodyInByADeviceThatLies(t *testing.T) {
	t.Parallel()
	shop := openShop(t)
	for name, lie := range map[string]webauthn.SetResponseOverrideBitsParams{
		"a signature that is none": {IsBogusSignature: new(true)},
		"nobody has touched it":    {IsBadUP: new(true)},
		"nobody was recognized":    {IsBadUV: new(true)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, b := shop.person(t), shop.chromium(t)
			device := b.device()
			b.account(p)
			b.addPasskey()
			b.logOut()
			lie.AuthenticatorID = device
			call(b, webauthn.SetResponseOverrideBits, lie)
			b.open("/sso/login")
			b.click("Log in with a passkey")
			b.passkeyRefused()
			b.open("/sso/account")
			b.isAt("/sso/login")

			call(b, webauthn.SetResponseOverrideBits, webauthn.SetResponseOverrideBitsParams{
				AuthenticatorID: device, IsBogusSignature: new(false), IsBadUV: new(false), IsBadUP: new(false),
			})
			b.click("Log in with a passkey")
			b.isAt("/sso/account")
		})
	}
}

func (b *browser) addPasskey() {
	b.t.Helper()
	b.click("Add a passkey")
	b.eventually("the passkey is listed", `document.querySelector("[aria-label='Delete passkey Chrome on Linux']") !== null`)
}

func (b *browser) passkeyRefused() {
	b.t.Helper()
	b.eventually("the page refuses the passkey", `document.querySelector("[data-passkey=fault]:not([hidden])") !== null`)
}

func (b *browser) logOut() {
	b.t.Helper()
	b.open("/sso/logout")
	b.click("Log out")
	b.says("You are logged out")
}

// device plugs in what keeps passkeys, with a finger on it.
func (b *browser) device() webauthn.AuthenticatorID {
	b.t.Helper()
	call(b, webauthn.Enable, webauthn.EnableParams{})
	return call(b, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
		Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal,
		HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
	}}).AuthenticatorID
}
