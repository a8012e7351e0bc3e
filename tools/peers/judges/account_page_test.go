package judges_test

import (
	"testing"

	"github.com/chromedp/cdproto/webauthn"
)

// account logs the person in and shows their account.
func (b *browser) account(p *person) {
	b.t.Helper()
	b.open("/sso/account")
	b.logIn(p.email, password)
	b.isAt("/sso/account")
}

func TestChromium_LogsInByAPasskey(t *testing.T) {
	t.Parallel()
	shop := openShop(t)
	p, b, c := shop.person(t), shop.chromium(t), shop.goClient(t, registration{})
	device := b.device()
	b.account(p)
	b.click("Add a passkey")
	b.eventually("the passkey is listed", `document.querySelector("[aria-label='Delete passkey Chrome on Linux']") !== null`)
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
	b.eventually("the page refuses the passkey", `document.querySelector("[data-passkey=fault]:not([hidden])") !== null`)
}

func TestChromium_LetsNobodyInByAPasskeyWithoutAFinger(t *testing.T) {
	t.Parallel()
	shop := openShop(t)
	p, b := shop.person(t), shop.chromium(t)
	device := b.device()
	b.account(p)
	b.click("Add a passkey")
	b.eventually("the passkey is listed", `document.querySelector("[aria-label='Delete passkey Chrome on Linux']") !== null`)
	b.logOut()
	call(b, webauthn.SetUserVerified, webauthn.SetUserVerifiedParams{AuthenticatorID: device, IsUserVerified: false})
	b.open("/sso/login")
	_ = eval[bool](b, `{
		const get = navigator.credentials.get.bind(navigator.credentials);
		navigator.credentials.get = (options) => get(options).catch((e) => { document.title = e.name; throw e; });
		true;
	}`) // since the page says nothing to a person who changed their mind
	b.click("Log in with a passkey")
	b.eventually("the device refuses", `document.title === "NotAllowedError"`)
	b.open("/sso/account")
	b.isAt("/sso/login")
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
