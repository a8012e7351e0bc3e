package judges_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/cdp"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// chromium is one process; a test has a window of its own in it, which shares nothing
// with others.
var chromium struct {
	once   sync.Once
	ctx    context.Context //nolint:containedctx // chromedp keeps its browser in one
	cancel func()
	err    error
}

func startChromium() {
	path, err := findChromium()
	if err != nil {
		chromium.err = err
		return
	}
	folder, err := os.MkdirTemp("", "slipway-chromium-")
	if err != nil {
		chromium.err = err
		return
	}
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.ExecPath(path), chromedp.UserDataDir(folder),
		chromedp.NoSandbox, // root has none, and it shows nobody's pages but ours
		chromedp.DisableGPU,
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1"),
	)
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(allocator)
	chromium.ctx = ctx //nolint:fatcontext // once
	chromium.cancel = func() {
		cancel()
		stop()
		_ = os.RemoveAll(folder) // in the folder of what is temporary
	}
	chromium.err = chromedp.Do(ctx)
}

func findChromium() (string, error) {
	for _, name := range []string{
		"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome",
		"/Applications/Chromium.app/Contents/MacOS/Chromium", "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
	} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("there is no Chromium, which judges the pages; install it by: sh scripts/setup.sh chromium")
}

// A browser is a window of Chromium whose person has not been here before.
type browser struct {
	t    *testing.T
	shop *shop
	ctx  context.Context //nolint:containedctx // chromedp keeps its tab in one
	ears *ears
}

// chromium opens a window, and fails the test if a page in it breaks its policy, fails
// in its script or asks a foreign host for anything.
func (s *shop) chromium(t *testing.T) *browser {
	t.Helper()
	b := s.deafChromium(t)
	t.Cleanup(func() {
		if heard := b.ears.heard(); len(heard) > 0 {
			t.Errorf("Chromium complains, and should not:\n%s", strings.Join(heard, "\n"))
		}
	})
	return b
}

// deafChromium opens a window whose test looks itself at what was heard.
func (s *shop) deafChromium(t *testing.T) *browser {
	t.Helper()
	chromium.once.Do(startChromium)
	if chromium.err != nil {
		t.Fatal(chromium.err)
	}
	const patience = 2 * time.Minute
	ctx, stop := context.WithTimeout(chromium.ctx, patience)
	ctx, cancel := chromedp.NewContext(ctx, chromedp.WithNewBrowserContext())
	t.Cleanup(func() { cancel(); stop() })
	b := &browser{t: t, shop: s, ctx: ctx, ears: &ears{}}
	if err := chromedp.Listen(ctx, b.ears.listen); err != nil {
		t.Fatal(err)
	}
	call(b, runtime.AddBinding, runtime.AddBindingParams{Name: violated})
	call(b, cdppage.AddScriptToEvaluateOnNewDocument, cdppage.AddScriptToEvaluateOnNewDocumentParams{
		Source: `document.addEventListener("securitypolicyviolation", (e) => ` + violated + `(e.violatedDirective + " forbids " + e.blockedURI + " on " + e.documentURI))`,
	})
	call(b, audits.Enable, cdp.Empty{})
	call(b, cdplog.Enable, cdp.Empty{})
	call(b, network.Enable, network.EnableParams{})
	return b
}

// call has Chromium do something by its protocol.
func call[P, R any](b *browser, command cdp.Command[P, R], parameters P) R {
	b.t.Helper()
	result, err := chromedp.Call(b.ctx, command, parameters)
	if err != nil {
		b.t.Fatal(err)
	}
	return result
}

// violated is the function by which a page tells of a violation of its policy.
const violated = "tellViolation"

// ears hear what a page does that it should not.
type ears struct {
	mu  sync.Mutex
	all []string
}

func (e *ears) heard() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.all)
}

func (e *ears) listen(event any) {
	if what := complaint(event); what != "" {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.all = append(e.all, what)
	}
}

// complaint returns what is wrong in an event; "" for nothing.
func complaint(event any) string {
	switch event := event.(type) {
	case *runtime.EventBindingCalled:
		return "policy: " + event.Payload
	case *runtime.EventExceptionThrown:
		return "script: " + describe(event.ExceptionDetails)
	case *runtime.EventConsoleAPICalled:
		return fmt.Sprintf("console: %s %v", event.Type, event.Args)
	case *cdplog.EventEntryAdded:
		// That a form was answered 422 is no fault of a page.
		if event.Entry.Source != cdplog.EntrySourceNetwork {
			return fmt.Sprintf("log: %s: %s", event.Entry.Source, event.Entry.Text)
		}
	case *audits.EventIssueAdded:
		if event.Issue.Code == audits.InspectorIssueCodeContentSecurityPolicyIssue {
			return fmt.Sprintf("audit: %+v", *event.Issue.Details.ContentSecurityPolicyIssueDetails)
		}
	case *network.EventRequestWillBeSent:
		if !isLocal(event.Request.URL) {
			return "request: " + event.Request.URL
		}
	}
	return ""
}

func isLocal(address string) bool {
	for _, scheme := range []string{"http://localhost:", "http://127.0.0.1:", "data:", "about:"} {
		if strings.HasPrefix(address, scheme) {
			return true
		}
	}
	return false
}

func (b *browser) do(action chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, action); err != nil {
		b.t.Fatal(err)
	}
}

// open shows the page at an address, of the shop if it names no host.
func (b *browser) open(address string) {
	b.t.Helper()
	if strings.HasPrefix(address, "/") {
		address = b.shop.url + address
	}
	b.do(chromedp.Navigate(address))
}

// press presses one key after the other, wherever the focus is.
func (b *browser) press(keys ...string) {
	b.t.Helper()
	for _, k := range keys {
		b.do(chromedp.KeyEvent(k))
	}
}

// click clicks the one visible element with the words.
func (b *browser) click(words string) {
	b.t.Helper()
	b.eventually("there is "+words, fmt.Sprintf(`(() => {
		const found = [...document.querySelectorAll("button, a")].filter((e) => (e.ariaLabel || e.innerText) === %q && e.checkVisibility());
		if (found.length === 1) found[0].click();
		return found.length === 1;
	})()`, words))
}

// eval returns what an expression comes to.
func eval[T any](b *browser, expression string) T {
	b.t.Helper()
	value, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatal(err)
	}
	return value
}

// focus is the name of the element that has it, or what stands on it.
func (b *browser) focus() string {
	b.t.Helper()
	return eval[string](b, `document.activeElement.name || document.activeElement.innerText || document.activeElement.tagName`)
}

func (b *browser) text() string { b.t.Helper(); return eval[string](b, `document.body.innerText`) }

// patience is how long a page may take.
const patience = 20 * time.Second

// eventually waits until an expression is true on the page that is shown by then.
func (b *browser) eventually(what, expression string) {
	b.t.Helper()
	for began := time.Now(); ; time.Sleep(10 * time.Millisecond) { // whatever page comes, nothing else tells
		if is, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](`document.readyState === "complete" && `+expression)); err == nil && is {
			return
		}
		if time.Since(began) > patience {
			b.t.Fatalf("%s: not within %s; the browser shows %s\n%s\n%s", what, patience, eval[string](b, `location.href`), b.text(), strings.Join(b.ears.heard(), "\n"))
		}
	}
}

// isAt waits until the browser shows the page at a path of the shop.
func (b *browser) isAt(path string) {
	b.t.Helper()
	b.eventually("the page is "+path, fmt.Sprintf(`location.origin === %q && location.pathname === %q`, b.shop.url, path))
}

func (b *browser) says(words string) {
	b.t.Helper()
	b.eventually("the page says "+words, fmt.Sprintf(`document.body.innerText.includes(%q)`, words))
}

// logIn fills the login page in, by keys alone.
func (b *browser) logIn(email, password string) {
	b.t.Helper()
	b.isAt("/sso/login")
	b.press(email, kb.Tab, password, kb.Enter)
}

func describe(e *runtime.ExceptionDetails) string {
	if e.Exception != nil {
		return e.Text + " " + e.Exception.Description
	}
	return e.Text
}
