package judges_test

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

const password = "four random words here"

// A person has an account at the shop and a browser without scripts: it keeps cookies,
// follows redirects and sends the forms of the page that it shows.
type person struct {
	t     *testing.T
	shop  *shop
	id    string
	email string
	http  *http.Client
	page  page
}

// A page is what a browser shows.
type page struct {
	at     *url.URL
	status int
	to     string // where it leads on, if the browser does not follow
	body   string
	form   *form // the first that is sent by POST; nil for none
}

type form struct {
	action string
	values url.Values
}

// person registers one.
func (s *shop) person(t *testing.T) *person {
	t.Helper()
	email := unique("ada") + "@example.com"
	var registered struct {
		ID string `json:"user_id"`
	}
	s.postJSON(t, "/sso/v1/registrations", map[string]string{"email": email, "password": password, "name": "Ada Lovelace"}, &registered)
	if registered.ID == "" {
		t.Fatal("the registration names no user")
	}
	return s.browserOf(t, registered.ID, email)
}

// browserOf returns another browser of the person.
func (s *shop) browserOf(t *testing.T, id, email string) *person {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &person{t: t, shop: s, id: id, email: email, http: &http.Client{Jar: jar}}
}

func (s *shop) postJSON(t *testing.T, path string, body, answer any) {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+path, bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err == nil {
		err = json.Unmarshal(got, answer)
	}
	if err != nil || resp.StatusCode/100 != 2 {
		t.Fatalf("POST %s: %d %s (%v)", path, resp.StatusCode, got, err)
	}
}

// open shows the page at an address.
func (p *person) open(address string) page {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, address, http.NoBody)
	if err != nil {
		p.t.Fatal(err)
	}
	return p.show(r)
}

// fill sends the form of the page.
func (p *person) fill(pairs ...string) page {
	p.t.Helper()
	if p.page.form == nil {
		p.t.Fatalf("there is no form on %s:\n%d %s", p.page.at, p.page.status, p.page.body)
	}
	values := maps.Clone(p.page.form.values)
	for pair := range slices.Chunk(pairs, 2) {
		if _, there := values[pair[0]]; !there {
			p.t.Fatalf("the form has no field %s:\n%s", pair[0], p.page.body)
		}
		values.Set(pair[0], pair[1])
	}
	to, err := p.page.at.Parse(p.page.form.action)
	if err != nil {
		p.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, to.String(), strings.NewReader(values.Encode()))
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", p.page.at.Scheme+"://"+p.page.at.Host)
	return p.show(r)
}

// logIn fills the login page in.
func (p *person) logIn() page {
	p.t.Helper()
	if p.page.at.Path != "/sso/login" {
		p.t.Fatalf("the browser shows %s, want the login page\n%d %s", p.page.at, p.page.status, p.page.body)
	}
	return p.fill("email", p.email, "password", password)
}

// logInFor logs in on the way of an application, whose address is where the way ends.
func (p *person) logInFor(address string) url.Values {
	p.t.Helper()
	p.open(address)
	return p.logIn().at.Query()
}

func (p *person) show(r *http.Request) page {
	p.t.Helper()
	resp, err := p.http.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	p.page = page{at: resp.Request.URL, status: resp.StatusCode, to: resp.Header.Get("Location"), body: string(body)}
	if p.page.form, err = readForm(string(body)); err != nil {
		p.t.Fatal(err)
	}
	return p.page
}

// readForm returns the first form of a page that is sent by POST.
func readForm(body string) (*form, error) {
	root, err := html.Parse(strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	for n := range root.Descendants() {
		if n.Data == "form" && strings.EqualFold(attribute(n, "method"), "post") {
			return &form{attribute(n, "action"), inputs(n)}, nil
		}
	}
	return nil, nil //nolint:nilnil // a page may have none
}

func inputs(form *html.Node) url.Values {
	values := url.Values{}
	for n := range form.Descendants() {
		if n.Data == "input" {
			values.Add(attribute(n, "name"), attribute(n, "value"))
		}
	}
	return values
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func containsAll(text string, words ...string) bool {
	return !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(text, w) })
}
