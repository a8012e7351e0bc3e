package s2s_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/httpclient"
	"github.com/slipway-go/slipway/internal/txscope"
	"github.com/slipway-go/slipway/s2s"
)

// neighbour records the Authorization headers that reach it.
type neighbour struct {
	tokens []string
	refuse int // so many requests are refused with invalid_token
}

func (n *neighbour) RoundTrip(r *http.Request) (*http.Response, error) {
	n.tokens = append(n.tokens, r.Header.Get("Authorization"))
	if len(n.tokens) <= n.refuse {
		resp := answer(http.StatusUnauthorized, "")
		resp.Header.Set("WWW-Authenticate", `Bearer error="invalid_token"`)
		return resp, nil
	}
	return answer(http.StatusOK, "{}"), nil
}

func newClient(n *neighbour, e *endpoint, forward bool) *s2s.Client {
	return s2s.New(s2s.ClientConfig{
		Neighbour: "catalog", Transport: n, Tokens: newTokens(e), Forward: forward, HTTP: httpclient.Config{},
	})
}

func TestClient_RoundTrip(t *testing.T) {
	t.Parallel()

	t.Run("refuses a call inside a transaction", func(t *testing.T) {
		t.Parallel()
		n := &neighbour{}
		_, err := newClient(n, &endpoint{life: 300}, false).RoundTrip(request(txscope.Enter(t.Context()), t, ""))
		if err == nil || !strings.Contains(err.Error(), "inside a database transaction") || len(n.tokens) != 0 {
			t.Errorf("RoundTrip() = %v, after %d requests", err, len(n.tokens))
		}
	})

	t.Run("refuses to call on nobody's behalf", func(t *testing.T) {
		t.Parallel()
		_, err := newClient(&neighbour{}, &endpoint{life: 300}, false).RoundTrip(request(t.Context(), t, ""))
		if err == nil || !strings.Contains(err.Error(), "auth.AsService") {
			t.Errorf("RoundTrip() = %v", err)
		}
	})

	t.Run("never falls back from the user to the service", func(t *testing.T) {
		t.Parallel()
		n, e := &neighbour{}, &endpoint{life: 300}
		e.fail = func(form url.Values) (int, string) {
			if form["grant_type"][0] == "client_credentials" {
				t.Error("a service token was asked for")
			}
			return 400, `{"error":"invalid_target","error_description":"outside of the matrix"}`
		}
		if _, err := newClient(n, e, false).RoundTrip(request(auth.WithToken(t.Context(), "user"), t, "")); err == nil || len(n.tokens) != 0 {
			t.Errorf("RoundTrip() = %v, after %d requests", err, len(n.tokens))
		}
	})

	t.Run("gets a new token once when the neighbour does not take the first", func(t *testing.T) {
		t.Parallel()
		n := &neighbour{refuse: 1}
		resp, err := newClient(n, &endpoint{life: 300}, false).RoundTrip(request(auth.AsService(t.Context(), "test"), t, "body"))
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("RoundTrip() = %v, %v", resp, err)
		}
		if want := "Bearer catalog-1 Bearer catalog-2"; strings.Join(n.tokens, " ") != want {
			t.Errorf("tokens = %v", n.tokens)
		}
	})

	t.Run("does so once only", func(t *testing.T) {
		t.Parallel()
		n := &neighbour{refuse: 9}
		resp, err := newClient(n, &endpoint{life: 300}, false).RoundTrip(request(auth.AsService(t.Context(), "test"), t, "body"))
		if err != nil || resp.StatusCode != http.StatusUnauthorized || len(n.tokens) != 2 {
			t.Errorf("RoundTrip() = %v, %v after %d requests", resp, err, len(n.tokens))
		}
	})

	t.Run("keeps a path value in its route behind an address with a path", func(t *testing.T) {
		t.Parallel()
		base, _ := url.Parse("http://gateway/shop/")
		var got string
		c := s2s.New(s2s.ClientConfig{
			Neighbour: "catalog", BaseURL: base, Tokens: newTokens(&endpoint{life: 300}),
			Transport: httpclient.RoundTripperFunc(func(r *http.Request) (*http.Response, error) {
				got = r.URL.String()
				return answer(http.StatusOK, "{}"), nil
			}),
		})
		r := request(auth.AsService(t.Context(), "test"), t, "")
		r.URL.Path, r.URL.RawPath, r.URL.RawQuery = "/things/../../admin", "/things/..%2F..%2Fadmin", ""
		if _, err := c.RoundTrip(r); err != nil {
			t.Fatal(err)
		}
		if want := "http://gateway/shop/things/..%2F..%2Fadmin"; got != want {
			t.Errorf("address = %s, want %s", got, want)
		}
	})

	t.Run("exchanges the user's token, or forwards it where a setting says so", func(t *testing.T) {
		t.Parallel()
		for forward, want := range map[bool]string{false: "Bearer catalog-1", true: "Bearer user"} {
			n := &neighbour{}
			if _, err := newClient(n, &endpoint{life: 300}, forward).RoundTrip(request(auth.WithToken(t.Context(), "user"), t, "")); err != nil {
				t.Fatal(err)
			}
			if n.tokens[0] != want {
				t.Errorf("forward %t: token = %q, want %q", forward, n.tokens[0], want)
			}
		}
	})
}
