package judges_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp/kb"
)

func TestChromium_LogsInByKeysAlone(t *testing.T) {
	t.Parallel()
	shop := openShop(t)
	p, b := shop.person(t), shop.chromium(t)
	b.open("/sso/account")
	b.isAt("/sso/login")
	if got := b.focus(); got != "email" {
		t.Fatalf("the focus is on %q, want it where typing begins", got)
	}
	b.press(p.email, kb.Tab)
	if got := b.focus(); got != "password" {
		t.Fatalf("after the e-mail the focus is on %q, want the password", got)
	}
	b.press(password)
	b.tabTo("Log in")
	b.press(kb.Enter)
	b.isAt("/sso/account")
	b.says("Ada Lovelace")
}

// tabTo presses Tab until an element has the focus, and looks whether one sees where it is.
func (b *browser) tabTo(name string) {
	b.t.Helper()
	var passed []string
	for range 20 {
		b.press(kb.Tab)
		if unseen := eval[bool](b, `(() => { const s = getComputedStyle(document.activeElement); return s.outlineStyle === "none" && s.boxShadow === "none"; })()`); unseen {
			b.t.Errorf("the focus on %q is not seen", b.focus())
		}
		if b.focus() == name {
			return
		}
		passed = append(passed, b.focus())
	}
	b.t.Fatalf("Tab never leads to %q, but to %q", name, passed)
}

func TestChromium_TellsOfAWrongPassword(t *testing.T) {
	t.Parallel()
	shop := openShop(t)
	p, b := shop.person(t), shop.chromium(t)
	b.open("/sso/login")
	b.logIn(p.email, "not the password at all")
	b.faulty()
	if said := b.said(t, "alert"); !strings.Contains(said, "password") {
		t.Errorf("a screen reader says %q, want it to name the password", said)
	}
	if title := eval[string](b, `document.title`); !strings.HasPrefix(title, "Error: ") {
		t.Errorf("the title is %q, want it to begin with Error", title)
	}
	if got := b.focus(); got != "password" {
		t.Errorf("the focus is on %q, want the password, since the e-mail is still there", got)
	}
	if got := eval[string](b, `document.querySelector("#email").value + "|" + document.querySelector("#password").value`); got != p.email+"|" {
		t.Errorf("the form has %q, want the e-mail and no password", got)
	}
	b.press(password, kb.Enter)
	b.isAt("/sso/account")
}

func TestChromium_LogsInWithoutScripts(t *testing.T) {
	t.Parallel()
	shop := openShop(t)
	p, b := shop.person(t), shop.chromium(t)
	call(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	b.open("/sso/login")
	b.logIn(p.email, password)
	b.isAt("/sso/account")
}

// The application is on another origin, which the policy of the login page must let the
// browser go to, and nowhere else.
func TestChromium_GoesBackToTheApplication(t *testing.T) {
	t.Parallel()
	shop := openShop(t)
	p, b, c := shop.person(t), shop.chromium(t), shop.goClient(t, registration{})
	b.open(c.authorization())
	b.logIn(p.email, password)
	code := b.answer(c).Get("code")
	if id := c.idToken(t, c.exchange(t, code)); id.Subject != p.id {
		t.Errorf("the application lets %s in, want %s", id.Subject, p.id)
	}

	b.open(c.authorization()) // whoever has logged in is not asked again
	if again := b.answer(c).Get("code"); again == "" || again == code {
		t.Errorf("the second code is %q, want another one than the first", again)
	}
}

// answer waits until the browser is back at the application, and returns what it brings.
func (b *browser) answer(c *goClient) url.Values {
	b.t.Helper()
	b.eventually("the browser is back", `(location.origin + location.pathname) === "`+c.callback+`"`)
	at, err := url.Parse(eval[string](b, `location.href`))
	if err != nil {
		b.t.Fatal(err)
	}
	return at.Query()
}

// The application does not prove whom it means, so the shop asks before it logs out.
func TestChromium_AsksBeforeItLogsOutForAnApplication(t *testing.T) {
	t.Parallel()
	shop := openShop(t)
	p, b, c := shop.person(t), shop.chromium(t), shop.goClient(t, registration{})
	b.open(c.authorization())
	b.logIn(p.email, password)
	token := c.exchange(t, b.answer(c).Get("code"))

	b.open("/oauth/logout?" + url.Values{"client_id": {c.id}, "post_logout_redirect_uri": {c.goodbye}}.Encode())
	b.isAt("/oauth/logout")
	next, err := c.refresh(t, token)
	if err != nil {
		t.Fatalf("before the person has said yes: %v", err)
	}
	b.tabTo("Log out")
	b.press(kb.Enter)
	b.eventually("the browser is back", `location.href === "`+c.goodbye+`"`)
	wantRefusal(t, "a refresh after the logout", second(c.refresh(t, next)), "invalid_grant")
	b.open("/sso/account")
	b.isAt("/sso/login")
}

func TestChromium_HearsAPageThatBreaksItsPolicy(t *testing.T) {
	t.Parallel()
	shop := openShop(t)
	for name, deed := range map[string]string{
		"policy: style-src":  `document.body.insertAdjacentHTML("beforeend", "<p style='color: red'>red</p>")`,
		"policy: script-src": `document.body.append(Object.assign(document.createElement("script"), {text: "alert(1)"}))`,
		"request: http":      `location.assign("http://elsewhere.example/")`,
		"console: ":          `console.error("a complaint")`,
		"script: ":           `setTimeout(() => { throw new Error("a fault") })`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := shop.deafChromium(t)
			b.open("/sso/login")
			b.isAt("/sso/login")
			if heard := b.ears.heard(); len(heard) > 0 {
				t.Fatalf("before anything was done: %q", heard)
			}
			_ = eval[bool](b, `{ `+deed+`; true }`)
			b.hears(name)
		})
	}
}
