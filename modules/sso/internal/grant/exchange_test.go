package grant_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/modules/sso/internal/grant"
)

const accessToken = "urn:ietf:params:oauth:token-type:access_token"

func exchange(subject, audience string) url.Values {
	return url.Values{
		"grant_type": {grant.TokenExchange}, "subject_token": {subject}, "subject_token_type": {accessToken}, "audience": {audience},
	}
}

func TestRefusal28_ExchangeOfATokenAddressedElsewhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	claims := grant.UserClaims(w.sessions.session, "catalog", []string{"cart:read"})
	got := w.post(t, "acquiring", exchange(w.mint(t, claims), "cart"))
	got.wantRefusal(t, 400, "invalid_request")
	if !strings.Contains(got.Description, "subject_token") {
		t.Errorf("the refusal %q does not name the parameter", got.Description)
	}
}

func TestRefusal29_ScopeWidening(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	subject := w.login(t, "cart:read", "catalog:read")
	t.Run("beyond the subject's token", func(t *testing.T) {
		t.Parallel()
		w.post(t, "acquiring", with(exchange(subject, "cart"), "scope", "cart:read cart:write")).wantRefusal(t, 400, "invalid_scope")
	})
	t.Run("beyond the callee", func(t *testing.T) {
		t.Parallel()
		w.post(t, "acquiring", with(exchange(subject, "cart"), "scope", "catalog:read")).wantRefusal(t, 400, "invalid_scope")
	})
	t.Run("all there is, is what both have", func(t *testing.T) {
		t.Parallel()
		if got := w.post(t, "acquiring", exchange(subject, "cart")); got.Scope != "cart:read" {
			t.Errorf("answer = %+v, want the scope cart:read", got)
		}
	})
}

func TestRefusal30_AudienceOutsideTheMatrix(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, audience := range []string{"catalog", "acquiring", "sso", "edge", "nowhere"} {
		got := w.post(t, "acquiring", exchange(w.login(t), audience))
		got.wantRefusal(t, 400, "invalid_target")
		if !strings.Contains(got.Description, "slipway.Calls") || !strings.Contains(got.Description, audience) {
			t.Errorf("the refusal %q does not say what to declare", got.Description)
		}
	}
}

func TestToken_Exchange(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	refused := func(name, code string, form func(t *testing.T) url.Values) {
		t.Run("refuses "+name, func(t *testing.T) {
			t.Parallel()
			w.post(t, "acquiring", form(t)).wantRefusal(t, 400, code)
		})
	}
	good := func(t *testing.T) url.Values { t.Helper(); return exchange(w.login(t, "cart:read"), "cart") }
	refused("no subject", "invalid_request", func(t *testing.T) url.Values { return with(good(t), "subject_token", "") })
	refused("no type", "invalid_request", func(t *testing.T) url.Values { return with(good(t), "subject_token_type", "") })
	refused("an ID token", "invalid_request", func(t *testing.T) url.Values {
		return with(good(t), "subject_token_type", "urn:ietf:params:oauth:token-type:id_token")
	})
	refused("to make a refresh token", "invalid_request", func(t *testing.T) url.Values {
		return with(good(t), "requested_token_type", "urn:ietf:params:oauth:token-type:refresh_token")
	})
	refused("another actor", "invalid_request", func(t *testing.T) url.Values { return with(good(t), "actor_token", "x") })
	refused("garbage", "invalid_request", func(t *testing.T) url.Values { return with(good(t), "subject_token", "x.y.z") })
	refused("a changed token", "invalid_request", func(t *testing.T) url.Values {
		return with(good(t), "subject_token", w.login(t)[:200])
	})
	refused("an expired token", "invalid_request", func(t *testing.T) url.Values {
		c := grant.UserClaims(w.sessions.session, "edge", nil)
		c.NotAfter = time.Now().Add(-time.Minute)
		return exchange(w.mint(t, c), "cart")
	})
	refused("a service's own token", "invalid_request", func(t *testing.T) url.Values {
		return exchange(w.mint(t, grant.Claims{Subject: "catalog", Client: "catalog", Audience: "acquiring"}), "cart")
	})
	refused("a session that nobody knows", "invalid_request", func(t *testing.T) url.Values {
		c := grant.UserClaims(w.sessions.session, "edge", nil)
		c.Session = uuid.NewString()
		return exchange(w.mint(t, c), "cart")
	})
	refused("a token without a session", "invalid_request", func(t *testing.T) url.Values {
		c := grant.UserClaims(w.sessions.session, "edge", nil)
		c.Session = ""
		return exchange(w.mint(t, c), "cart")
	})
	refused("a chain without end", "invalid_request", func(t *testing.T) url.Values {
		c := grant.UserClaims(w.sessions.session, "acquiring", nil)
		c.Actors = []string{"a", "b", "c", "d", "e", "f", "g", "h"}
		return exchange(w.mint(t, c), "cart")
	})
}

func TestToken_ExchangeAfterTheSession(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sessions.alive = false
	got := w.post(t, "acquiring", exchange(w.login(t, "cart:read"), "cart"))
	got.wantRefusal(t, 400, "invalid_request")
}

func TestToken_ExchangeNests(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.post(t, "acquiring", exchange(w.login(t, "cart:read", "catalog:read"), "cart"))
	if first.Status != 200 || first.IssuedTokenType != accessToken || first.TokenType != "Bearer" || first.RefreshToken != "" {
		t.Fatalf("answer = %+v", first)
	}
	p, err := w.verifier.Verify(t.Context(), first.AccessToken)
	if err != nil || p.Subject != w.sessions.session.User.String() || p.Service() != "acquiring" || p.IsService() || p.Audience[0] != "cart" {
		t.Errorf("the token speaks for %+v, %v", p, err)
	}

	// The cart goes on with the token that was addressed to it.
	second := w.post(t, "cart", exchange(first.AccessToken, "catalog"))
	claims := claimsOf(t, second.AccessToken)
	outer, _ := claims["act"].(map[string]any)
	inner, _ := outer["act"].(map[string]any)
	if outer["sub"] != "cart" || inner["sub"] != "acquiring" || claims["client_id"] != "cart" || claims["aud"] != "catalog" || claims["scope"] != "" {
		t.Errorf("claims = %v, want cart acting after acquiring, and no permission that the first token did not have", claims)
	}
}

func TestToken_ExchangeEndsWithTheSubject(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := grant.UserClaims(w.sessions.session, "edge", nil)
	c.NotAfter = time.Now().Add(90 * time.Second)
	subject := w.mint(t, c)
	got := w.post(t, "acquiring", exchange(subject, "cart"))
	if claimsOf(t, got.AccessToken)["exp"] != claimsOf(t, subject)["exp"] || got.ExpiresIn > 90 {
		t.Errorf("the exchanged token lives for %d s; the subject's for 90", got.ExpiresIn)
	}
}
