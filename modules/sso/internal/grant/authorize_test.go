package grant_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/slipway-go/slipway/problem"
)

// The verifier of RFC 7636, appendix B, and its challenge.
const (
	verifier  = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
)

// authorization is a request of the client web with nothing wrong.
func authorization(pairs ...string) url.Values {
	return with(url.Values{
		"client_id": {"web"}, "redirect_uri": {"https://web.test/back"}, "response_type": {"code"}, "scope": {"openid"}, "state": {"a state & more"},
		"nonce": {"a nonce"}, "code_challenge": {challenge}, "code_challenge_method": {"S256"},
	}, pairs...)
}

// A visit is what a browser is answered.
type visit struct {
	*httptest.ResponseRecorder
	answer url.Values // that a client gets; nil when it gets none
}

func (w *world) visit(t *testing.T, h http.Handler, path string, query url.Values) visit {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path+"?"+query.Encode(), http.NoBody)
	v := visit{ResponseRecorder: httptest.NewRecorder()}
	h.ServeHTTP(v, r)
	if to := v.Header().Get("Location"); to != "" {
		_, answer, _ := strings.Cut(to, "?")
		v.answer, _ = url.ParseQuery(answer)
	}
	if got := v.Header().Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control = %q, want no-store", got)
	}
	return v
}

func (w *world) authorize(t *testing.T, query url.Values) visit {
	t.Helper()
	return w.visit(t, w.Authorize(), "/oauth/authorize", query)
}

// wantPage fails the test unless the person is told, and no client.
func (v visit) wantPage(t *testing.T, status int) {
	t.Helper()
	if v.Code != status || v.Header().Get("Location") != "" || strings.TrimSpace(v.Body.String()) == "" {
		t.Errorf("answer = %d to %q, want a page with %d\n%s", v.Code, v.Header().Get("Location"), status, v.Body)
	}
}

// wantBack fails the test unless the client is told so, by its state and the issuer.
func (v visit) wantBack(t *testing.T, code string) {
	t.Helper()
	if v.Code != http.StatusSeeOther || !strings.HasPrefix(v.Header().Get("Location"), "https://web.test/back?") {
		t.Errorf("answer = %d to %q, want 303 to the client\n%s", v.Code, v.Header().Get("Location"), v.Body)
	}
	if a := v.answer; a.Get("error") != code || a.Get("state") != "a state & more" || a.Get("iss") != issuer || a.Has("code") || a.Get("error_description") == "" {
		t.Errorf("the client is told %v, want %s", a, code)
	}
}

func TestRefusal23_AuthorizationWithoutPKCE(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.browser.in = true
	for name, query := range map[string]url.Values{
		"no challenge":                         authorization("code_challenge", "", "code_challenge_method", ""),
		"no challenge, but a method":           authorization("code_challenge", ""),
		"a challenge in plain":                 authorization("code_challenge_method", "plain"),
		"a challenge without a method":         authorization("code_challenge_method", ""), // which means plain
		"a method in another case":             authorization("code_challenge_method", "s256"),
		"a challenge that is no hash":          authorization("code_challenge", "short"),
		"a challenge in another alphabet":      authorization("code_challenge", strings.ReplaceAll(challenge, "-", "+")),
		"a challenge with padding":             authorization("code_challenge", challenge+"="),
		"a challenge with a line break behind": authorization("code_challenge", challenge+"\n"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w.authorize(t, query).wantBack(t, "invalid_request")
		})
	}
	if len(w.sessions.codes) > 0 {
		t.Error("a code was issued")
	}
}

func TestRefusal23_VerifierMissingPlainOrUnsolicited(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	code := w.code(t, authorization())
	for name, c := range map[string]struct{ verifier, want string }{
		"missing":                     {"", "invalid_request"},
		"the challenge itself":        {challenge, "invalid_grant"},
		"another one":                 {strings.Repeat("x", 43), "invalid_grant"},
		"in another case":             {strings.ToLower(verifier), "invalid_grant"},
		"too short to be one":         {verifier[:42], "invalid_request"},
		"too long to be one":          {strings.Repeat("x", 129), "invalid_request"},
		"of letters that none has":    {verifier[:42] + "+", "invalid_request"},
		"with a line break behind it": {verifier + "\n", "invalid_request"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w.post(t, "web", redemption(code, "code_verifier", c.verifier)).wantRefusal(t, 400, c.want)
		})
	}
	t.Run("unsolicited", func(t *testing.T) {
		t.Parallel()
		w.post(t, "acquiring", with(credentials("cart"), "code_verifier", verifier)).wantRefusal(t, 400, "invalid_request")
		w.post(t, "web", with(refresh("the first one"), "code_verifier", verifier)).wantRefusal(t, 400, "invalid_request")
	})
}

func TestRefusal24_RedirectURI(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.browser.in = true
	for _, uri := range []string{
		"", "https://web.test/back/", "https://web.test/back/more", "https://web.test/bac", "https://web.test/BACK", "https://WEB.test/back", "HTTPS://web.test/back",
		"https://web.test:443/back", "https://web.test/back?", "https://web.test/back?tenant=2", "https://web.test/back?tenant=1&x=1", "https://web.test/back#", "https://web.test/%62ack",
		"https://web.test/a/../back", "https://web.test.evil.test/back", "https://evil.test/https://web.test/back", "https://web.test@evil.test/back", "//web.test/back", "javascript:alert(1)",
		" https://web.test/back", "https://web.test/back\n", "https://web.test\\@evil.test/back", "https://app.test/back", "http://127.0.0.1/back",
	} {
		t.Run(uri, func(t *testing.T) {
			t.Parallel()
			w.authorize(t, authorization("redirect_uri", uri)).wantPage(t, 400)
		})
	}
	t.Run("at the token endpoint", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		code := w.code(t, authorization())
		for uri, want := range map[string]string{
			"": "invalid_request", "https://web.test/back?tenant=1": "invalid_grant", "https://web.test/Back": "invalid_grant", "https://evil.test/": "invalid_grant",
		} {
			w.post(t, "web", redemption(code, "redirect_uri", uri)).wantRefusal(t, 400, want)
		}
	})
}

func TestAuthorize_LoopbackHasAnyPort(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.browser.in = true
	app := func(uri string) url.Values { return authorization("client_id", "app", "redirect_uri", uri) }
	for _, uri := range []string{
		"http://127.0.0.1:80@evil.test/back", "http://127.0.0.1:/back", "http://127.0.0.1:123456/back", "http://127.0.0.1:80/other", "http://127.0.0.1.evil.test/back",
		"http://127.0.0.2:80/back", "http://localhost:80/back", "https://127.0.0.1:80/back", "http://127.0.0.1:80/back?x", "http://[::1]:80/back/", "http://127.0.0.1:80\\@evil.test/back",
		"https://app.test:8443/back",
	} {
		w.authorize(t, app(uri)).wantPage(t, 400)
	}
	for _, uri := range []string{"http://127.0.0.1/back", "http://127.0.0.1:51004/back", "http://[::1]:51004/back", "com.example.app:/back"} {
		if got := w.authorize(t, app(uri)); !strings.HasPrefix(got.Header().Get("Location"), uri+"?") || !got.answer.Has("code") {
			t.Errorf("to %s: answer = %d to %q", uri, got.Code, got.Header().Get("Location"))
		}
	}
	// A web server on the machine itself is no app, and its port is its own.
	w.authorize(t, authorization("redirect_uri", "http://127.0.0.1:51004/back")).wantPage(t, 400)
}

func TestAuthorize_TellsThePersonWhatNoClientCanBeTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.browser.in = true
	w.authorize(t, authorization("client_id", "")).wantPage(t, 400)
	w.authorize(t, authorization("client_id", "nobody")).wantPage(t, 400)
	w.authorize(t, authorization("client_id", "<script>")).wantPage(t, 400)
	w.authorize(t, authorization("state", strings.Repeat("x", 7<<10))).wantPage(t, 413)
	for _, twice := range []string{"client_id", "redirect_uri"} {
		query := authorization()
		query[twice] = append(query[twice], query[twice][0])
		w.authorize(t, query).wantPage(t, 400)
	}
	if len(w.sessions.codes) > 0 {
		t.Error("a code was issued")
	}
}

func TestAuthorize_TellsTheClientWhatIsWrong(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		query url.Values
		want  string
	}{
		"no response_type":             {authorization("response_type", ""), "invalid_request"},
		"a token by the address":       {authorization("response_type", "token"), "unsupported_response_type"},
		"an ID token by the address":   {authorization("response_type", "code id_token"), "unsupported_response_type"},
		"an answer by the fragment":    {authorization("response_mode", "fragment"), "invalid_request"},
		"an answer by a form":          {authorization("response_mode", "form_post"), "invalid_request"},
		"a request object":             {authorization("request", "x.y.z"), "request_not_supported"},
		"a request object elsewhere":   {authorization("request_uri", "https://web.test/r"), "request_uri_not_supported"},
		"a client's own registration":  {authorization("registration", "{}"), "registration_not_supported"},
		"a scope that it has not":      {authorization("scope", "openid cart:delete"), "invalid_scope"},
		"everything at once":           {authorization("scope", "openid *"), "invalid_scope"},
		"a prompt that nobody knows":   {authorization("prompt", "create"), "invalid_request"},
		"a prompt and none":            {authorization("prompt", "none login"), "invalid_request"},
		"an age that is no number":     {authorization("max_age", "soon"), "invalid_request"},
		"an age before time":           {authorization("max_age", "-1"), "invalid_request"},
		"a nonce without end":          {authorization("nonce", strings.Repeat("n", 501)), "invalid_request"},
		"a hint that is no ID token":   {authorization("id_token_hint", "x.y.z"), "invalid_request"},
		"a parameter that is repeated": {authorization(), "invalid_request"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.browser.in = true
			if name == "a parameter that is repeated" {
				c.query.Add("scope", "openid")
			}
			w.authorize(t, c.query).wantBack(t, c.want)
			if len(w.sessions.codes) > 0 || len(w.browser.prompts) > 0 {
				t.Error("a code was issued, or a login asked for")
			}
		})
	}
	t.Run("and a grant that is not its own", func(t *testing.T) {
		t.Parallel()
		newWorld(t).authorize(t, authorization("client_id", "cart")).wantPage(t, 400) // it has no address at all
	})
}

func TestAuthorize_AccessTokenIsNoHint(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.browser.in = true
	w.authorize(t, authorization("id_token_hint", w.login(t))).wantBack(t, "invalid_request")
}

func TestAuthorize_SilentlyTellsThatNobodyHasLoggedIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.authorize(t, authorization("prompt", "none")).wantBack(t, "login_required")
	w.browser.in = true
	w.authorize(t, authorization("prompt", "none", "max_age", "60")).wantBack(t, "login_required") // it is an hour ago
	if got := w.authorize(t, authorization("prompt", "none")); !got.answer.Has("code") {
		t.Errorf("the client is told %v, want a code", got.answer)
	}
	if len(w.browser.prompts) > 0 {
		t.Error("a login was asked for")
	}
}

func TestAuthorize_AsksForALogin(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		in     bool
		query  url.Values
		maxAge string // of the way back
	}{
		"when nobody has":                    {false, authorization("login_hint", "ada@example.com"), ""},
		"when it is too long ago":            {true, authorization("max_age", "600"), "600"},
		"within a time that no way back has": {true, authorization("max_age", "0"), "300"},
		"when the client wants one":          {true, authorization("prompt", "login"), "300"},
		"to choose who it is":                {true, authorization("prompt", "select_account consent"), "300"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.browser.in = c.in
			w.authorize(t, c.query)
			if len(w.browser.prompts) != 1 || len(w.sessions.codes) > 0 {
				t.Fatalf("%d logins were asked for, and %d codes issued", len(w.browser.prompts), len(w.sessions.codes))
			}
			p := w.browser.prompts[0]
			path, query, _ := strings.Cut(p.ReturnTo, "?")
			again, err := url.ParseQuery(query)
			if err != nil || path != "/oauth/authorize" || again.Has("prompt") || again.Get("max_age") != c.maxAge || p.Hint != c.query.Get("login_hint") {
				t.Fatalf("the way back is %s, hint %q", p.ReturnTo, p.Hint)
			}
			w.browser.in, w.sessions.session.AuthTime = true, time.Now() // as after the login
			if got := w.authorize(t, again); !got.answer.Has("code") || got.answer.Get("state") != "a state & more" {
				t.Errorf("after it the client is told %v, want a code", got.answer)
			}
		})
	}
}

func TestAuthorize_RefusesAnotherUserThanTheHint(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	code := w.code(t, authorization())
	hint := w.post(t, "web", redemption(code)).IDToken
	if got := w.authorize(t, authorization("id_token_hint", hint)); !got.answer.Has("code") {
		t.Errorf("for the same user: %v", got.answer)
	}
	other := newWorld(t)
	other.browser.in = true
	other.keys.public, other.keys.keys = w.keys.public, w.keys.keys
	other.authorize(t, authorization("id_token_hint", hint)).wantBack(t, "login_required")
}

func TestAuthorize_KeepsTheAddressAsItWasRegistered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.browser.in = true
	got := w.authorize(t, authorization("redirect_uri", "https://web.test/back?tenant=1"))
	if to := got.Header().Get("Location"); !strings.HasPrefix(to, "https://web.test/back?tenant=1&code=") || got.Header().Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("answer = %q %v", to, got.Header())
	}
}

// A form of another site comes without the session's cookie; a link does not.
func TestAuthorize_AFormGoesOnAsALink(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/oauth/authorize", strings.NewReader(authorization().Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	recorder := httptest.NewRecorder()
	w.Authorize().ServeHTTP(recorder, r)
	if got := recorder.Header().Get("Location"); recorder.Code != http.StatusSeeOther || got != "/oauth/authorize?"+authorization().Encode() {
		t.Errorf("answer = %d to %q", recorder.Code, got)
	}
}

func TestAuthorize_DefectsAreToldAsSuch(t *testing.T) {
	t.Parallel()
	for want, err := range map[string]error{"server_error": errInside, "temporarily_unavailable": problem.Unavailable("the database is away")} {
		w := newWorld(t)
		w.browser.in, w.browser.err = true, err
		got := w.authorize(t, authorization())
		got.wantBack(t, want)
		if strings.Contains(got.Header().Get("Location"), url.QueryEscape(errInside.Error())) {
			t.Errorf("the client is told the inside: %v", got.answer)
		}
		w = newWorld(t)
		w.browser.in, w.sessions.err = true, err
		w.authorize(t, authorization()).wantBack(t, want)
	}
}
