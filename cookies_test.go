package slipway_test

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/auth/authtest"
	"github.com/slipway-go/slipway/config"
)

// The product of these tests: an SSO that knows one browser, and a shop.
var (
	ssoContract = api.Module("sso")
	ssoToken    = api.Handler(ssoContract, "POST /oauth/token", auth.Public("clients authenticate in the request"), "Tokens")
	ssoKeys     = api.Handler(ssoContract, "GET /oauth/jwks", auth.Public("keys are public"), "Keys")
	ssoPage     = api.Handler(ssoContract, "GET /sso/page", auth.Public("a page"), "A page")

	webContract = api.Module("web")
	webMine     = api.Handler(webContract, "GET /mine", auth.SignedIn(), "What is mine")
	webBuy      = api.Handler(webContract, "POST /mine", auth.SignedIn(), "Buy")
	webOpen     = api.Handler(webContract, "POST /open", auth.Public("everybody may"), "What is for everybody")
)

// A seen request is what a module is told.
type seen struct {
	Subject string `json:"subject"`
	Cookie  string `json:"cookie"`
	Spoofed string `json:"spoofed"`
}

var echo = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	s := seen{Cookie: r.Header.Get("Cookie")}
	if p, ok := auth.PrincipalFrom(r.Context()); ok {
		s.Subject = p.Subject
	}
	_ = json.NewEncoder(w).Encode(s)
})

func webModule() slipway.Module {
	return slipway.NewModule(webContract, func(m *slipway.Setup, _ struct{}) error {
		for _, route := range []*api.Mounted{webMine, webBuy, webOpen} {
			api.Mount(m, route, echo)
		}
		return nil
	})
}

// A login is the SSO: it turns ada's cookie into her tokens.
type login struct {
	issuer *authtest.Issuer
	mu     sync.Mutex
	asked  []string // forms
	ended  bool
	down   bool
	life   time.Duration // of tokens; 0 for the usual
}

const adasCookie = "slc_ada"

func (l *login) module() slipway.Module {
	return slipway.NewModule(ssoContract, func(m *slipway.Setup, _ struct{}) error {
		api.Mount(m, ssoToken, l)
		api.Mount(m, ssoKeys, l.issuer)
		api.Mount(m, ssoPage, echo)
		return nil
	})
}

func (l *login) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_ = r.ParseForm() // a form that is none has no fields
	l.asked = append(l.asked, r.PostForm.Encode())
	if l.down {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if l.ended || r.PostForm.Get("subject_token") != adasCookie {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"error":"invalid_request","reason":"session_over"}`)
		return
	}
	claims := authtest.User("ada")
	claims.Lifetime = l.life
	_ = json.NewEncoder(w).Encode(map[string]any{"access_token": l.issuer.Mint(claims), "token_type": "Bearer", "expires_in": 300})
}

func (l *login) requests() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.asked
}

func (l *login) set(change func(*login)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change(l)
}

// A site is the address of the product.
type site struct {
	login *login
	url   string
}

// sites are the product in one process, and as services behind the edge.
func sites(t *testing.T, test func(t *testing.T, s site)) {
	t.Helper()
	t.Run("one process", func(t *testing.T) {
		t.Parallel()
		l := &login{issuer: authtest.NewIssuer()}
		test(t, site{l, serveApp(t, l, nil)})
	})
	t.Run("edge", func(t *testing.T) {
		t.Parallel()
		l := &login{issuer: authtest.NewIssuer()}
		sso := serveApp(t, l, map[string]string{"SLIPWAY_MODULES": "sso"})
		web := serveApp(t, l, map[string]string{"SLIPWAY_MODULES": "web", "SSO_URL": sso})
		test(t, site{l, serveApp(t, l, map[string]string{"SLIPWAY_MODULES": "edge", "SSO_URL": sso, "WEB_URL": web})})
	})
}

func serveApp(t *testing.T, l *login, settings map[string]string) string {
	t.Helper()
	values := map[string]string{"SSO_ISSUER": authtest.URL}
	maps.Copy(values, settings)
	app, err := slipway.NewWith(config.New(values), slipway.Overrides{Stdout: t.Output()}, l.module(), webModule())
	if err != nil {
		t.Fatal(err)
	}
	if err := app.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(app.Handler())
	t.Cleanup(server.Close)
	return server.URL
}

// ask sends a request with headers and returns its status, the problem's code and what
// the module saw.
func (s site) ask(t *testing.T, method, path string, headers ...string) (int, string, seen) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.url+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	for pair := range slices.Chunk(headers, 2) {
		r.Header.Add(pair[0], pair[1])
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var body struct {
		seen
		Code string `json:"code"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&body); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, body.Code, body.seen
}

const ada = "theme=dark; __Host-slipway=" + adasCookie + "; lang=en"

func TestCookies(t *testing.T) {
	t.Parallel()
	sites(t, func(t *testing.T, s site) {
		t.Run("are no one's token when nobody knows them", func(t *testing.T) {
			status, code, _ := s.ask(t, "GET", "/mine", "Cookie", "__Host-slipway=slc_forged")
			if status != http.StatusUnauthorized || code != "session_over" {
				t.Errorf("answer = %d %s, want 401 session_over", status, code)
			}
		})
		t.Run("are no one's token when somebody planted a second one", func(t *testing.T) {
			for _, planted := range []string{ada + "; __Host-slipway=slc_eve", "slipway=" + adasCookie} {
				if status, _, _ := s.ask(t, "GET", "/mine", "Cookie", planted); status != http.StatusUnauthorized {
					t.Errorf("%s is answered %d, want 401", planted, status)
				}
			}
		})
		t.Run("let no form of another site through", func(t *testing.T) {
			for _, from := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.example"}, {"Origin", "null"}, nil} {
				status, code, _ := s.ask(t, "POST", "/mine", append(from, "Cookie", ada)...)
				if status != http.StatusForbidden || code != "foreign_request" {
					t.Errorf("from %v: answer = %d %s, want 403 foreign_request", from, status, code)
				}
			}
		})
		t.Run("are their user's token, and go no further", func(t *testing.T) {
			for _, method := range []string{"GET", "POST"} {
				status, _, got := s.ask(t, method, "/mine", "Cookie", ada, "Sec-Fetch-Site", "same-origin")
				if want := (seen{Subject: "ada", Cookie: "theme=dark; lang=en"}); status != http.StatusOK || got != want {
					t.Errorf("%s: answer = %d, the module sees %+v, want %+v", method, status, got, want)
				}
			}
		})
		t.Run("give way to a token", func(t *testing.T) {
			status, _, got := s.ask(t, "POST", "/mine", "Cookie", ada, "Authorization", "Bearer "+s.login.issuer.Mint(authtest.User("bob")))
			if status != http.StatusOK || got.Subject != "bob" || strings.Contains(got.Cookie, adasCookie) {
				t.Errorf("answer = %d, the module sees %+v, want bob and no secret", status, got)
			}
		})
		t.Run("are not asked for where everybody may come", func(t *testing.T) {
			status, _, got := s.ask(t, "POST", "/open", "Cookie", ada, "Sec-Fetch-Site", "cross-site")
			if status != http.StatusOK || got.Subject != "" || strings.Contains(got.Cookie, adasCookie) {
				t.Errorf("answer = %d, the module sees %+v, want nobody and no secret", status, got)
			}
		})
		t.Run("reach the SSO's pages", func(t *testing.T) {
			if _, _, got := s.ask(t, "GET", "/sso/page", "Cookie", ada); got.Cookie != ada {
				t.Errorf("the page sees %q, want %q", got.Cookie, ada)
			}
		})
		t.Run("are exchanged once, by the front end's name", func(t *testing.T) {
			const want = "audience=edge&client_id=slipway&grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange&subject_token=slc_ada&subject_token_type=urn%3Aslipway%3Atoken-type%3Abrowser"
			n := 0
			for _, form := range s.login.requests() {
				if form == want {
					n++
				}
			}
			if n != 1 {
				t.Errorf("ada's cookie was exchanged %d times, want once; the SSO was asked %q", n, s.login.requests())
			}
		})
	})
}

// Whoever calls writes into headers who they would like to be.
func TestRefusal40_IdentityByHeader(t *testing.T) {
	t.Parallel()
	sites(t, func(t *testing.T, s site) {
		for _, header := range []string{"X-User-Id", "X-Forwarded-User", "X-Forwarded-Email", "X-Remote-User", "Remote-User", "X-Auth-Request-User", "X-Forwarded-Access-Token"} {
			if status, _, got := s.ask(t, "GET", "/mine", header, "bob"); status != http.StatusUnauthorized {
				t.Errorf("%s alone is answered %d as %q, want 401", header, status, got.Subject)
			}
			if status, _, got := s.ask(t, "GET", "/mine", header, "bob", "Cookie", ada); status != http.StatusOK || got.Subject != "ada" {
				t.Errorf("%s beside ada's cookie is answered %d as %q, want ada", header, status, got.Subject)
			}
		}
	})
}

func TestCookies_WhileTheSSOIsDown(t *testing.T) {
	t.Parallel()
	sites(t, func(t *testing.T, s site) {
		if status, _, _ := s.ask(t, "GET", "/mine", "Cookie", ada); status != http.StatusOK {
			t.Fatalf("answer = %d, want 200", status)
		}
		s.login.set(func(l *login) { l.down = true })
		if status, _, got := s.ask(t, "GET", "/mine", "Cookie", ada); status != http.StatusOK || got.Subject != "ada" {
			t.Errorf("a token that lives is answered %d as %q, want ada", status, got.Subject)
		}
		if status, code, _ := s.ask(t, "GET", "/mine", "Cookie", "__Host-slipway=slc_bob"); status != http.StatusServiceUnavailable || code != "sso_unavailable" {
			t.Errorf("a browser that comes now is answered %d %s, want 503 sso_unavailable", status, code)
		}
	})
}

// A token is refused that is kept for the cookie: its user has other roles now, say.
func TestCookies_FetchATokenAnewThatIsNoLongerBelieved(t *testing.T) {
	t.Parallel()
	sites(t, func(t *testing.T, s site) {
		s.login.set(func(l *login) { l.life = -time.Hour })
		if status, _, _ := s.ask(t, "GET", "/mine", "Cookie", ada); status != http.StatusUnauthorized {
			t.Fatalf("tokens that nobody believes are answered %d, want 401", status)
		}
		s.login.set(func(l *login) { l.life = 0 })
		if status, _, got := s.ask(t, "GET", "/mine", "Cookie", ada); status != http.StatusOK || got.Subject != "ada" {
			t.Errorf("answer = %d as %q, want ada", status, got.Subject)
		}
		s.login.set(func(l *login) { l.ended, l.life = true, 0 })
		if status, _, _ := s.ask(t, "GET", "/mine", "Cookie", ada); status != http.StatusOK {
			t.Errorf("a token that is believed is answered %d, want 200 without asking for another", status)
		}
	})
}

func TestCookies_NeedHTTPSInProduction(t *testing.T) {
	t.Parallel()
	l := &login{issuer: authtest.NewIssuer()}
	for address, want := range map[string]string{"http://shop.example": "an address with https", "https://shop.example": ""} {
		_, err := slipway.New(config.New(map[string]string{"SLIPWAY_ENV": "production", "SLIPWAY_PUBLIC_URL": address}), l.module(), webModule())
		if (want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("with %s: error = %v, want %q", address, err, want)
		}
	}
}
