package foreign

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/slipway-go/slipway/slipwaytest"
	"github.com/slipway-go/slipway/tools/peers/js"
)

func TestMain(m *testing.M) { slipwaytest.Main(m, library()...) }

const (
	edge     = "https://library.example/"
	ofShelf  = "https://library.example/shelf"
	ofDesk   = "https://library.example/desk"
	callback = "http://127.0.0.1/callback"
)

// A provider is an oidc-provider that runs until the end of the test.
type provider struct {
	Issuer string `json:"issuer"`
	secret string // of the service desk
}

func startProvider(t *testing.T, algorithm string) provider {
	t.Helper()
	p := provider{secret: rand.Text() + rand.Text()}
	const scopes = "shelf:read shelf:count desk:use"
	js.Start(t, "oidc-provider.mjs", map[string]any{
		"algorithm": algorithm, "callback": callback, "services": map[string]string{"desk": p.secret},
		"resources": map[string]string{edge: scopes, ofShelf: scopes, ofDesk: scopes},
	}, &p)
	return p
}

func (p provider) settings(algorithm string) map[string]string {
	return map[string]string{
		"SSO_ISSUER": p.Issuer, "SSO_ALGORITHMS": algorithm, "SSO_AUDIENCE": edge, "SSO_TOKEN_AUDIENCE": "https://library.example/{module}",
		"SSO_AUDIENCE_PARAMETER": "resource", "DESK_CLIENT_SECRET": p.secret,
	}
}

// The product in one process and in two believes the tokens of a provider that knows
// nothing of it, and gets tokens there for its services.
func TestForeignProvider(t *testing.T) {
	t.Parallel()
	for _, algorithm := range []string{"ES256", "RS256"} {
		t.Run(algorithm, func(t *testing.T) {
			t.Parallel()
			p := startProvider(t, algorithm)
			ada := p.login(t, "ada", edge, "desk:use shelf:read shelf:count")
			lacking := p.login(t, "bert", edge, "shelf:read")
			toShelf := p.login(t, "ada", ofShelf, "desk:use shelf:read")
			slipwaytest.DeploymentsWith(t, p.settings(algorithm), library(), func(t *testing.T, k *slipwaytest.Kit) {
				wants(t, k, ada, "/books/Emma", http.StatusOK, reading{"Emma", "ada", ""})
				wants(t, k, lacking, "/books/Emma", http.StatusOK, reading{"Emma", "bert", ""})
				wants(t, k, lacking, "/desk/Emma", http.StatusForbidden, reading{})

				// A token for one service does not serve at another.
				wants(t, k, toShelf, "/books/Emma", http.StatusOK, reading{"Emma", "ada", ""})
				wants(t, k, toShelf, "/desk/Emma", http.StatusUnauthorized, reading{})

				// The provider exchanges no tokens, so the user's is passed on, and stays the user's.
				wants(t, k, ada, "/desk/Emma", http.StatusOK, reading{"Emma", "ada", ""})
				wants(t, k, ada, "/desk/Emma/stock/mine", http.StatusForbidden, reading{})

				// As the service the desk logs in at the provider.
				wants(t, k, ada, "/desk/Emma/stock", http.StatusOK, reading{"Emma", "desk", "desk"})
				wants(t, k, ada+"x", "/books/Emma", http.StatusUnauthorized, reading{})
			})
		})
	}
}

// A product that was not told to believe RS256 does not, whoever signs with it.
func TestForeignProvider_AlgorithmThatIsNotBelieved(t *testing.T) {
	t.Parallel()
	p := startProvider(t, "RS256")
	ada := p.login(t, "ada", edge, "shelf:read")
	k := slipwaytest.Deploy(t, slipwaytest.Deployment{OneBinary: true, Settings: p.settings("EdDSA,ES256")}, library()...)
	wants(t, k, ada, "/books/Emma", http.StatusUnauthorized, reading{})
}

func wants(t *testing.T, k *slipwaytest.Kit, token, path string, status int, body reading) {
	t.Helper()
	answer := k.JSON(http.MethodGet, path, "", func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) })
	if answer.Status != status {
		t.Errorf("GET %s: got %d %s, want %d", path, answer.Status, answer.Raw, status)
		return
	}
	var got reading
	if err := json.Unmarshal(answer.Raw, &got); err != nil {
		t.Fatal(err)
	}
	if status == http.StatusOK && got != body {
		t.Errorf("GET %s: got %+v, want %+v", path, got, body)
	}
}

// login goes through the provider's pages as a person with a browser does, by code and
// PKCE, and returns the access token.
func (p provider) login(t *testing.T, name, resource, scope string) string {
	t.Helper()
	b := newBrowser(t)
	verifier := rand.Text() + rand.Text()
	challenge := sha256.Sum256([]byte(verifier))
	page := b.get(p.Issuer + "/auth?" + url.Values{
		"client_id": {"front"}, "response_type": {"code"}, "redirect_uri": {callback}, "scope": {"openid " + scope}, "resource": {resource},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(challenge[:])}, "code_challenge_method": {"S256"}, "state": {"s"},
	}.Encode())
	page = b.submit(page, url.Values{"prompt": {"login"}, "login": {name}, "password": {"any"}})
	page = b.submit(page, url.Values{"prompt": {"consent"}})
	code := page.Request.URL.Query().Get("code")
	if code == "" {
		t.Fatalf("the login of %s ended at %s without a code", name, page.Request.URL)
	}
	var tokens struct {
		AccessToken string `json:"access_token"`
	}
	text := b.post(p.Issuer+"/token", url.Values{
		"grant_type": {"authorization_code"}, "client_id": {"front"}, "code": {code}, "redirect_uri": {callback}, "code_verifier": {verifier}, "resource": {resource},
	})
	if err := json.Unmarshal(text.body, &tokens); err != nil || tokens.AccessToken == "" {
		t.Fatalf("the provider answered %s, %v; want an access token", text.body, err)
	}
	return tokens.AccessToken
}

// A browser keeps cookies, follows redirects and stops at the callback.
type browser struct {
	t      *testing.T
	client *http.Client
}

type page struct {
	*http.Response
	body []byte
}

func newBrowser(t *testing.T) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	b := &browser{t: t, client: &http.Client{Jar: jar}}
	b.client.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.String(), callback) {
			return http.ErrUseLastResponse
		}
		return nil
	}
	return b
}

func (b *browser) get(address string) page { return b.send(http.MethodGet, address, "") }

func (b *browser) post(address string, form url.Values) page {
	return b.send(http.MethodPost, address, form.Encode())
}

func (b *browser) send(method, address, form string) page {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, address, strings.NewReader(form))
	if err != nil {
		b.t.Fatal(err)
	}
	if form != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	resp, err := b.client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	if to, err := resp.Location(); err == nil {
		resp.Request.URL = to // where a browser would be
	}
	return page{resp, body}
}

var formAction = regexp.MustCompile(`<form[^>]*action="([^"]+)"`)

func (b *browser) submit(on page, form url.Values) page {
	b.t.Helper()
	action := formAction.FindSubmatch(on.body)
	if action == nil {
		b.t.Fatalf("%s has no form:\n%s", on.Request.URL, on.body)
	}
	to, err := on.Request.URL.Parse(string(action[1]))
	if err != nil {
		b.t.Fatal(err)
	}
	return b.post(to.String(), form)
}
