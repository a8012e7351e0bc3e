package judges_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// hears waits until something was heard that begins so.
func (b *browser) hears(beginning string) {
	b.t.Helper()
	for began := time.Now(); ; time.Sleep(10 * time.Millisecond) { // events come when they come
		if slices.ContainsFunc(b.ears.heard(), func(what string) bool { return strings.HasPrefix(what, beginning) }) {
			return
		}
		if time.Since(began) > patience {
			b.t.Fatalf("heard %q, want what begins with %q", b.ears.heard(), beginning)
		}
	}
}

// A spoken element is one that a screen reader knows.
type spoken struct {
	role, name string
	inside     []string // the roles of what it is in
}

// spoken returns what a screen reader knows of the page.
func (b *browser) spoken(t *testing.T) []spoken {
	t.Helper()
	nodes := map[accessibility.NodeID]*accessibility.Node{}
	all := call(b, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{}).Nodes
	for _, n := range all {
		nodes[n.NodeID] = n
	}
	var known []spoken
	for _, n := range all {
		if n.Ignored {
			continue
		}
		s := spoken{role: valueOf(t, n.Role), name: valueOf(t, n.Name)}
		for up := nodes[n.ParentID]; up != nil; up = nodes[up.ParentID] {
			s.inside = append(s.inside, valueOf(t, up.Role))
		}
		known = append(known, s)
	}
	return known
}

func valueOf(t *testing.T, v *accessibility.Value) string {
	t.Helper()
	if v == nil || len(v.Value) == 0 {
		return ""
	}
	var text string
	if err := json.Unmarshal(v.Value, &text); err != nil {
		t.Fatal(err)
	}
	return text
}

// said returns the words inside elements with a role.
func (b *browser) said(t *testing.T, role string) string {
	t.Helper()
	var words []string
	for _, s := range b.spoken(t) {
		if s.role == "StaticText" && slices.Contains(s.inside, role) {
			words = append(words, s.name)
		}
	}
	return strings.Join(words, " ")
}

// controls are what somebody can operate.
var controls = []string{"button", "link", "textbox", "checkbox", "radio", "combobox", "heading", "image", "navigation"}

// Each page is looked at in daylight and at night, on a wide screen and on the smallest.
func TestChromium_PagesAreForEverybody(t *testing.T) {
	t.Parallel()
	shop := openShop(t)
	axe, err := os.ReadFile("../node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Fatalf("%v: the packages of npm are missing; install them by: sh scripts/setup.sh peers", err)
	}
	p := shop.person(t)
	at := func(path string) func(*browser) { return func(b *browser) { b.open(path); b.isAt(path) } }
	own := func(path string) func(*browser) {
		return func(b *browser) { b.account(p); b.open(path); b.isAt(path) }
	}
	for name, prepare := range map[string]func(*browser){
		"name":           own("/sso/account/name"),
		"password":       own("/sso/account/password"),
		"e-mail":         own("/sso/account/email"),
		"close":          own("/sso/account/close"),
		"confirm":        own("/sso/confirm"),
		"outbox":         at("/sso/outbox"),
		"login":          at("/sso/login"),
		"register":       at("/sso/register"),
		"login by code":  at("/sso/code"),
		"reset":          at("/sso/reset"),
		"wrong password": func(b *browser) { b.open("/sso/login"); b.logIn(p.email, "x"); b.faulty() },
		"weak password": func(b *browser) {
			b.open("/sso/register")
			b.press("Ada", kb.Tab, unique("eve")+"@example.com", kb.Tab, "password1", kb.Enter)
			b.faulty()
		},
		"code sent": func(b *browser) {
			b.open("/sso/code")
			b.press(p.email, kb.Enter)
			b.eventually("it asks for the code", `document.querySelector("[autocomplete=one-time-code]") !== null`)
		},
		"account":       func(b *browser) { b.account(p) },
		"logout":        func(b *browser) { b.account(p); b.open("/sso/logout") },
		"logged out":    func(b *browser) { b.account(p); b.logOut() },
		"a broken link": func(b *browser) { b.open("/oauth/authorize?client_id=nobody"); b.says("does not work") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := shop.chromium(t)
			prepare(b)
			b.wantSpoken(t)
			for _, scheme := range []string{"light", "dark"} {
				call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
				b.wantAccessible(t, scheme, string(axe))
			}
			b.do(chromedp.EmulateViewport(320, 640, chromedp.EmulateMobile))
			if width := eval[int](b, `document.documentElement.scrollWidth`); width > 320 {
				t.Errorf("the page is %d px wide on a screen of 320", width)
			}
		})
	}
}

// faulty waits until the page tells what is wrong with a form.
func (b *browser) faulty() {
	b.t.Helper()
	b.eventually("the page tells what is wrong", `document.querySelector("#fault") !== null`)
}

// wantSpoken fails the test unless every control has a name.
func (b *browser) wantSpoken(t *testing.T) {
	t.Helper()
	found := 0
	for _, s := range b.spoken(t) {
		if !slices.Contains(controls, s.role) {
			continue
		}
		found++
		if s.name == "" {
			t.Errorf("a %s has no name, of %v", s.role, b.spoken(t))
		}
	}
	if found == 0 {
		t.Errorf("there is nothing to operate on %s:\n%s", eval[string](b, `location.href`), b.text())
	}
}

// wantAccessible fails the test for what axe finds.
func (b *browser) wantAccessible(t *testing.T, scheme, axe string) {
	t.Helper()
	result := eval[struct {
		Passes     int      `json:"passes"`
		Violations []string `json:"violations"`
	}](b, axe+`; axe.run({preload: false}).then((r) => ({
		passes: r.passes.length,
		violations: r.violations.flatMap((v) => v.nodes.map((n) => v.id + ": " + n.html + " " + n.failureSummary)),
	}))`)
	if len(result.Violations) > 0 || result.Passes < 10 {
		t.Errorf("in the %s scheme axe passes %d rules, and complains of:\n%s", scheme, result.Passes, strings.Join(result.Violations, "\n"))
	}
}
