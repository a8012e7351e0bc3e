package sso_test

import (
	"cmp"
	"html"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/slipway-go/slipway/slipwaytest"
)

// A tab is a browser: it keeps cookies, says where its requests come from, and sends
// the forms of the pages that it is shown, with what they hide.
type tab struct {
	kit     *slipwaytest.Kit
	t       *testing.T
	cookies map[string]string
	site    string // Sec-Fetch-Site of what it does
	// userAgent is what it says of itself; "" for what Go says.
	userAgent string
	page      page // that it shows
}

// A page is an answer.
type page struct {
	Status int
	Header http.Header
	Body   string
}

func newTab(t *testing.T, k *slipwaytest.Kit) *tab {
	t.Helper()
	return &tab{kit: k.In(t), t: t, cookies: map[string]string{}, site: "same-origin"}
}

func (w *world) tab(t *testing.T) *tab { t.Helper(); return newTab(t, w.Kit) }

// open shows the page at an address of the product.
func (b *tab) open(path string, extras ...slipwaytest.Extra) page {
	b.t.Helper()
	return b.send(http.MethodGet, path, "", extras...)
}

var (
	hidden     = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)">`)
	formAction = regexp.MustCompile(`<form method="post" action="([^"]*)"`)
)

// submit fills the first form of the page in and sends it.
func (b *tab) submit(pairs ...string) page {
	b.t.Helper()
	action := formAction.FindStringSubmatch(b.page.Body)
	if action == nil {
		b.t.Fatalf("there is no form on the page:\n%d %s", b.page.Status, b.page.Body)
	}
	form := url.Values{}
	for _, h := range hidden.FindAllStringSubmatch(b.page.Body, -1) {
		form.Set(h[1], html.UnescapeString(h[2]))
	}
	for pair := range slices.Chunk(pairs, 2) {
		if !strings.Contains(b.page.Body, `name="`+pair[0]+`"`) {
			b.t.Fatalf("the form has no field %s:\n%s", pair[0], b.page.Body)
		}
		form.Set(pair[0], pair[1])
	}
	return b.post(html.UnescapeString(action[1]), form)
}

// post sends a form that stands on no page.
func (b *tab) post(path string, form url.Values, extras ...slipwaytest.Extra) page {
	b.t.Helper()
	return b.send(http.MethodPost, path, form.Encode(), extras...)
}

func (b *tab) send(method, path, body string, extras ...slipwaytest.Extra) page {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, "http://kit"+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if b.userAgent != "" {
		r.Header.Set("User-Agent", b.userAgent)
	}
	if b.site != "" {
		r.Header.Set("Sec-Fetch-Site", b.site)
	}
	for _, name := range slices.Sorted(maps.Keys(b.cookies)) {
		r.AddCookie(&http.Cookie{Name: name, Value: b.cookies[name]}) //nolint:gosec // a browser sends no attributes
	}
	for _, extra := range extras {
		extra(r)
	}
	status, header, text := b.kit.Send(r)
	b.keep(header)
	b.page = page{status, header, string(text)}
	if strings.Contains(b.page.Body, "ZgotmplZ") {
		b.t.Errorf("html/template has refused a part of the page %s, which a browser lacks:\n%s", path, text)
	}
	return b.page
}

func (b *tab) keep(h http.Header) {
	for _, c := range (&http.Response{Header: h}).Cookies() {
		if b.cookies[c.Name] = c.Value; c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		}
	}
}

// cookie returns the secret of the session; "" for none.
func (b *tab) cookie() string { return cmp.Or(b.cookies["__Host-slipway"], b.cookies["slipway"]) }

func (b *tab) login(email, password string) page {
	b.t.Helper()
	b.open("/sso/login")
	return b.submit("email", email, "password", password)
}

// leads fails the test unless the page leads on to the address.
func (p page) leads(t *testing.T, to string) {
	t.Helper()
	if p.Status != http.StatusSeeOther || p.Header.Get("Location") != to {
		t.Errorf("answer = %d to %q, want 303 to %q\n%s", p.Status, p.Header.Get("Location"), to, p.Body)
	}
}

// says fails the test unless the page has the status and the words.
func (p page) says(t *testing.T, status int, words ...string) {
	t.Helper()
	for _, w := range words {
		if p.Status != status || !strings.Contains(html.UnescapeString(p.Body), w) {
			t.Errorf("answer = %d, want %d with %q\n%s", p.Status, status, w, p.Body)
		}
	}
}
