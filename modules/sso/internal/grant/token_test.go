package grant_test

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/slipway-go/slipway/modules/sso/internal/grant"
	"github.com/slipway-go/slipway/modules/sso/internal/session"
	"github.com/slipway-go/slipway/problem"
)

func credentials(audience string) url.Values {
	return url.Values{"grant_type": {grant.ClientCredentials}, "audience": {audience}}
}

func with(form url.Values, pairs ...string) url.Values {
	for pair := range slices.Chunk(pairs, 2) {
		form.Set(pair[0], pair[1])
	}
	return form
}

func body(text string) func(*http.Request) {
	return func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader(text)) }
}

func query(text string) func(*http.Request) { return func(r *http.Request) { r.URL.RawQuery = text } }

func header(name string, values ...string) func(*http.Request) {
	return func(r *http.Request) { r.Header[name] = values }
}

func TestRefusal25_SecretInQueryAndTwoMethods(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	t.Run("a secret in the query", func(t *testing.T) {
		t.Parallel()
		w.post(t, "", credentials("cart"), query("client_id=acquiring&client_secret="+url.QueryEscape(secretOf("acquiring")))).
			wantRefusal(t, 400, "invalid_request")
	})
	t.Run("anything in the query", func(t *testing.T) {
		t.Parallel()
		w.post(t, "acquiring", credentials("cart"), query("x=1")).wantRefusal(t, 400, "invalid_request")
		w.post(t, "acquiring", credentials("cart"), func(r *http.Request) { r.URL.ForceQuery = true }).wantRefusal(t, 400, "invalid_request")
	})
	t.Run("header and body", func(t *testing.T) {
		t.Parallel()
		w.post(t, "acquiring", with(credentials("cart"), "client_id", "acquiring", "client_secret", secretOf("acquiring"))).
			wantRefusal(t, 400, "invalid_request")
	})
	t.Run("two headers", func(t *testing.T) {
		t.Parallel()
		w.post(t, "", credentials("cart"), header("Authorization", "Basic YTpi", "Basic YTpi")).wantRefusal(t, 400, "invalid_request")
	})
	t.Run("another client in the body", func(t *testing.T) {
		t.Parallel()
		w.post(t, "acquiring", with(credentials("cart"), "client_id", "cart")).wantRefusal(t, 400, "invalid_request")
	})
}

func TestRefusal26_RepeatedParameter(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name := range map[string]bool{"grant_type": true, "audience": true, "scope": true, "unknown": true} {
		form := with(credentials("cart"), "scope", "cart:read")
		form[name] = []string{"a", "a"}
		w.post(t, "acquiring", form).wantRefusal(t, 400, "invalid_request")
	}
}

func TestRefusal27_GrantNotRegistered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.post(t, "", with(credentials("cart"), "client_id", "slipway")).wantRefusal(t, 400, "unauthorized_client")
	w.post(t, "cart", url.Values{"grant_type": {grant.RefreshToken}, "refresh_token": {"x"}}).wantRefusal(t, 400, "unauthorized_client")
	if len(w.sessions.seen) > 0 {
		t.Error("the refresh token was redeemed for a client that may not")
	}
	for _, unknown := range []string{"password", "implicit", "CLIENT_CREDENTIALS", strings.Repeat("x", 5000)} {
		w.post(t, "cart", with(credentials("catalog"), "grant_type", unknown)).wantRefusal(t, 400, "unsupported_grant_type")
	}
	w.post(t, "cart", with(credentials("catalog"), "grant_type", "")).wantRefusal(t, 400, "invalid_request")
}

func TestToken_Form(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	t.Run("takes forms only", func(t *testing.T) {
		t.Parallel()
		for _, types := range [][]string{nil, {"application/json"}, {"multipart/form-data; boundary=x"}, {"text/plain"}, {";"}, {"application/x-www-form-urlencoded", "application/json"}} {
			w.post(t, "acquiring", credentials("cart"), header("Content-Type", types...)).wantRefusal(t, 400, "invalid_request")
		}
	})
	t.Run("refuses what is no form", func(t *testing.T) {
		t.Parallel()
		for _, text := range []string{"grant_type=%zz", "grant_type=client_credentials;audience=cart"} {
			w.post(t, "acquiring", nil, body(text)).wantRefusal(t, 400, "invalid_request")
		}
	})
	t.Run("bounds the body", func(t *testing.T) {
		t.Parallel()
		w.post(t, "acquiring", nil, body("x="+strings.Repeat("a", 64<<10))).wantRefusal(t, 413, "invalid_request")
	})
	t.Run("reports a body that breaks off", func(t *testing.T) {
		t.Parallel()
		broken := func(r *http.Request) {
			r.Body = io.NopCloser(io.MultiReader(strings.NewReader("grant_type="), failing{}))
		}
		w.post(t, "acquiring", nil, broken).wantRefusal(t, 400, "invalid_request")
	})
	t.Run("takes a charset and ignores what it does not know", func(t *testing.T) {
		t.Parallel()
		got := w.post(t, "acquiring", with(credentials("cart"), "unknown", "x"), header("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8"))
		if got.Status != 200 {
			t.Errorf("answer = %+v, want 200", got)
		}
	})
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("connection reset") }

func TestToken_ClientAuthentication(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, change := range map[string]func(*http.Request){
		"nobody":                    header("Authorization"),
		"a wrong secret":            func(r *http.Request) { r.SetBasicAuth("acquiring", "wrong") },
		"an unknown client":         func(r *http.Request) { r.SetBasicAuth("nobody", "wrong") },
		"no secret":                 func(r *http.Request) { r.SetBasicAuth("acquiring", "") },
		"a secret that is not set":  func(r *http.Request) { r.SetBasicAuth("secretless", "") },
		"a secret not form-encoded": func(r *http.Request) { r.SetBasicAuth("acquiring", secretOf("acquiring")) },
		"another scheme":            header("Authorization", "Bearer abc"),
		"not base64":                header("Authorization", "Basic ???"),
		"a public client's secret":  func(r *http.Request) { r.SetBasicAuth("slipway", "x") },
	} {
		t.Run("refuses "+name, func(t *testing.T) {
			t.Parallel()
			got := w.post(t, "acquiring", credentials("cart"), change)
			got.wantRefusal(t, 401, "invalid_client")
			if !strings.HasPrefix(got.Header.Get("Www-Authenticate"), "Basic ") {
				t.Errorf("WWW-Authenticate = %q, want Basic", got.Header.Get("Www-Authenticate"))
			}
		})
	}
	t.Run("refuses an assertion", func(t *testing.T) {
		t.Parallel()
		w.post(t, "", with(credentials("cart"), "client_id", "acquiring", "client_assertion", "x")).wantRefusal(t, 401, "invalid_client")
	})
	t.Run("refuses a client without a secret in the body", func(t *testing.T) {
		t.Parallel()
		w.post(t, "", with(credentials("cart"), "client_id", "secretless")).wantRefusal(t, 401, "invalid_client")
		w.post(t, "", with(credentials("cart"), "client_id", "acquiring")).wantRefusal(t, 401, "invalid_client")
	})
	for name, secret := range map[string]string{"the secret": secretOf("acquiring"), "the former secret during rotation": "the former one"} {
		t.Run("takes "+name+" in the body", func(t *testing.T) {
			t.Parallel()
			got := w.post(t, "", with(credentials("cart"), "client_id", "acquiring", "client_secret", secret))
			if got.Status != 200 {
				t.Errorf("answer = %+v, want 200", got)
			}
		})
	}
}

func TestToken_ClientCredentials(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	t.Run("refuses a module that is no neighbour", func(t *testing.T) {
		t.Parallel()
		for _, audience := range []string{"catalog", "acquiring", "edge", "nowhere", "ca\"rt\n"} {
			got := w.post(t, "acquiring", credentials(audience))
			got.wantRefusal(t, 400, "invalid_target")
			if !strings.Contains(got.Description, "slipway.Calls") {
				t.Errorf("the refusal %q does not say what to declare", got.Description)
			}
		}
	})
	t.Run("refuses to guess the audience", func(t *testing.T) {
		t.Parallel()
		w.post(t, "acquiring", credentials("")).wantRefusal(t, 400, "invalid_request")
		w.post(t, "acquiring", with(credentials("cart"), "resource", "https://cart.test")).wantRefusal(t, 400, "invalid_target")
	})
	t.Run("refuses more than the callee's routes give", func(t *testing.T) {
		t.Parallel()
		w.post(t, "acquiring", with(credentials("cart"), "scope", "cart:read cart:write")).wantRefusal(t, 400, "invalid_scope")
	})
	t.Run("gives a token of the service's own", func(t *testing.T) {
		t.Parallel()
		got := w.post(t, "acquiring", credentials("cart"))
		if got.Status != 200 || got.TokenType != "Bearer" || got.ExpiresIn != 300 || got.Scope != "cart:close cart:read" || got.RefreshToken != "" {
			t.Fatalf("answer = %+v", got)
		}
		p, err := w.verifier.Verify(t.Context(), got.AccessToken)
		if err != nil || !p.IsService() || p.Service() != "acquiring" || p.Audience[0] != "cart" {
			t.Errorf("the token speaks for %+v, %v", p, err)
		}
	})
	t.Run("gives less on demand", func(t *testing.T) {
		t.Parallel()
		if got := w.post(t, "acquiring", with(credentials("cart"), "scope", "cart:close")); got.Scope != "cart:close" {
			t.Errorf("answer = %+v, want the scope cart:close", got)
		}
	})
}

func refresh(token string) url.Values {
	return url.Values{"grant_type": {grant.RefreshToken}, "refresh_token": {token}}
}

func TestToken_Refresh(t *testing.T) {
	t.Parallel()
	for _, refusal := range []error{session.ErrUnknown, session.ErrOver, session.ErrRaced, session.ErrReplayed} {
		t.Run(refusal.Error(), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.sessions.err = refusal
			w.post(t, "", refresh("x")).wantRefusal(t, 400, "invalid_grant")
		})
	}
	t.Run("refuses a closed account", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.subjects.open = false
		w.post(t, "", refresh("x")).wantRefusal(t, 400, "invalid_grant")
	})
	t.Run("refuses more than the user has", func(t *testing.T) {
		t.Parallel()
		newWorld(t).post(t, "", with(refresh("x"), "scope", "cart:read admin:all")).wantRefusal(t, 400, "invalid_scope")
	})
	t.Run("refuses no token", func(t *testing.T) {
		t.Parallel()
		newWorld(t).post(t, "", refresh("")).wantRefusal(t, 400, "invalid_request")
	})
	for _, client := range []string{"", "slipway"} {
		t.Run("continues the session for the client "+client, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			got := w.post(t, "", with(refresh("the first one"), "client_id", client))
			if got.Status != 200 || got.RefreshToken != "the next one" || got.Scope != "cart:read cart:write catalog:read" {
				t.Fatalf("answer = %+v", got)
			}
			if seen := w.sessions.seen[0]; seen.Token != "the first one" || seen.Client != "slipway" || seen.Arrived.IsZero() {
				t.Errorf("redeemed %+v", seen)
			}
			p, err := w.verifier.Verify(t.Context(), got.AccessToken)
			if err != nil || p.Subject != w.sessions.session.User.String() || p.SessionID != w.sessions.session.ID.String() ||
				p.Audience[0] != "edge" || p.AuthTime.Unix() != w.sessions.session.AuthTime.Unix() {
				t.Errorf("the token speaks for %+v, %v", p, err)
			}
		})
	}
}

func TestToken_DatabaseDown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sessions.err = problem.Unavailable("the database is away").WithHeader("Retry-After", "1")
	for name, got := range map[string]reply{
		"refresh": w.post(t, "", refresh("x")), "exchange": w.post(t, "acquiring", exchange(w.login(t), "cart")),
	} {
		if got.Status != 503 || got.Header.Get("Retry-After") == "" {
			t.Errorf("%s: answer = %d %v, want 503 with Retry-After", name, got.Status, got.Header)
		}
	}
	if got := w.post(t, "acquiring", credentials("cart")); got.Status != 200 {
		t.Errorf("a service's own token needs no session: %d %s", got.Status, got.Description)
	}
}

// A database takes no NUL and nothing but UTF-8: asked for such a client, it fails.
func TestRefusal26_ParameterThatIsNoText(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"\x00", "a\x00", "\xff", "\xed\xa0\x80"} {
		w := newWorld(t)
		w.browser.in = true
		for _, name := range []string{"grant_type", "client_id", "refresh_token", "scope", "audience", "unknown", bad} {
			w.post(t, "", url.Values{"grant_type": {grant.RefreshToken}, "refresh_token": {"x"}, name: {bad}}).wantRefusal(t, 400, "invalid_request")
		}
		for _, name := range []string{"client_id", "redirect_uri", "state", "nonce", "login_hint", "unknown", bad} {
			w.authorize(t, authorization(name, bad)).wantPage(t, 400)
			w.visit(t, w.Logout(), "/oauth/logout", url.Values{name: {bad}}).wantPage(t, 400)
		}
		w.post(t, "", credentials("cart"), func(r *http.Request) { r.SetBasicAuth(url.QueryEscape(bad), "x") }).wantRefusal(t, 401, "invalid_client")
		w.post(t, "", credentials("cart"), func(r *http.Request) { r.SetBasicAuth("cart", url.QueryEscape(bad)) }).wantRefusal(t, 401, "invalid_client")
		if len(w.sessions.codes)+len(w.sessions.seen) > 0 {
			t.Errorf("%q went on to the sessions", bad)
		}
	}
}
