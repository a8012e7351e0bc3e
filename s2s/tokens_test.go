package s2s_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/slipway-go/slipway/httpclient"
	"github.com/slipway-go/slipway/problem"
	"github.com/slipway-go/slipway/s2s"
)

// endpoint is an SSO's token endpoint that counts and can fail.
type endpoint struct {
	requests atomic.Int64
	life     int
	takes    time.Duration
	fail     func(url.Values) (status int, body string)
}

func (e *endpoint) RoundTrip(r *http.Request) (*http.Response, error) {
	n := e.requests.Add(1)
	b, _ := io.ReadAll(r.Body)
	form, _ := url.ParseQuery(string(b))
	time.Sleep(e.takes)
	if e.fail != nil {
		if status, body := e.fail(form); status != 0 {
			return answer(status, body), nil
		}
	}
	return answer(200, fmt.Sprintf(`{"access_token":"%s-%d","expires_in":%d}`, form.Get("audience"), n, e.life)), nil
}

func answer(status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
}

// coolDown is longer than the pause after a failure.
const coolDown = 1100 * time.Millisecond

func newTokens(e http.RoundTripper) *s2s.Tokens {
	return s2s.NewTokens(s2s.TokensConfig{
		Credentials: s2s.Credentials{ClientID: "cart", Secret: "secret"}, Endpoint: "http://sso/oauth/token", Transport: e,
	})
}

func TestTokens(t *testing.T) {
	t.Parallel()

	t.Run("one request serves a hundred cold callers", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			e := &endpoint{life: 300, takes: time.Second}
			tokens := newTokens(e)
			var wg sync.WaitGroup
			for range 100 {
				wg.Go(func() {
					if got, err := tokens.Service(t.Context(), "catalog"); got != "catalog-1" || err != nil {
						t.Errorf("Service() = %q, %v", got, err)
					}
				})
			}
			wg.Wait()
			if got := e.requests.Load(); got != 1 {
				t.Errorf("requests = %d, want 1", got)
			}
		})
	})

	t.Run("the first caller giving up does not fail the rest", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			e := &endpoint{life: 300, takes: time.Second}
			tokens := newTokens(e)
			ctx, cancel := withTimeout(t, 100*time.Millisecond)
			defer cancel()
			var wg sync.WaitGroup
			wg.Go(func() {
				if _, err := tokens.Service(ctx, "catalog"); problem.Status(err) != http.StatusGatewayTimeout {
					t.Errorf("Service() = %v, want a timeout", err)
				}
			})
			synctest.Wait()
			if got, err := tokens.Service(t.Context(), "catalog"); got != "catalog-1" || err != nil {
				t.Errorf("Service() = %q, %v", got, err)
			}
			wg.Wait()
		})
	})

	t.Run("refreshes behind after four fifths of the life", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			e := &endpoint{life: 100}
			tokens := newTokens(e)
			want := []string{"catalog-1", "catalog-1", "catalog-1", "catalog-2"}
			for i, pause := range []time.Duration{0, 79 * time.Second, 2 * time.Second, time.Second} {
				time.Sleep(pause)
				if got, _ := tokens.Service(t.Context(), "catalog"); got != want[i] {
					t.Errorf("Service() number %d = %q, want %q", i, got, want[i])
				}
				synctest.Wait()
			}
		})
	})

	t.Run("a live token keeps working while the SSO is down", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			e := &endpoint{life: 100}
			tokens := newTokens(e)
			_, _ = tokens.Service(t.Context(), "catalog")
			e.fail = func(url.Values) (int, string) { return 500, "" }
			time.Sleep(90 * time.Second)
			for range 50 {
				if got, err := tokens.Service(t.Context(), "catalog"); got != "catalog-1" || err != nil {
					t.Errorf("Service() = %q, %v", got, err)
				}
				synctest.Wait()
			}
			if got := e.requests.Load(); got != 2 {
				t.Errorf("requests = %d, want 2: one, and one refresh before the cool-down", got)
			}
		})
	})

	t.Run("an SSO that is down is asked once a second", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			e := &endpoint{fail: func(url.Values) (int, string) { return 503, "" }}
			tokens := newTokens(e)
			for range 100 {
				_, err := tokens.Service(t.Context(), "catalog")
				if problem.Status(err) != http.StatusServiceUnavailable || problem.Code(err) != "sso_unavailable" {
					t.Fatalf("Service() = %v, want 503", err)
				}
			}
			if got := e.requests.Load(); got != 1 {
				t.Errorf("requests = %d, want 1", got)
			}
			time.Sleep(coolDown)
			_, _ = tokens.Service(t.Context(), "catalog")
			if got := e.requests.Load(); got != 2 {
				t.Errorf("requests = %d, want 2", got)
			}
		})
	})

	t.Run("an SSO that may be back is asked by one of a hundred users, and then by all", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			down := true
			e := &endpoint{life: 300, takes: 100 * time.Millisecond, fail: func(url.Values) (int, string) {
				if down {
					return 503, ""
				}
				return 0, ""
			}}
			tokens := newTokens(e)
			crowd := func() (served int64) {
				var all sync.WaitGroup
				var n atomic.Int64
				for user := range 100 {
					all.Go(func() {
						if _, err := tokens.Exchange(t.Context(), fmt.Sprint("user ", user), "catalog"); err == nil {
							n.Add(1)
						}
					})
				}
				all.Wait()
				return n.Load()
			}
			_, _ = tokens.Service(t.Context(), "catalog")
			for range 3 {
				time.Sleep(coolDown)
				before := e.requests.Load()
				if served := crowd(); served != 0 || e.requests.Load() != before+1 {
					t.Errorf("%d were served, by %d requests; want none, by 1", served, e.requests.Load()-before)
				}
			}
			down = false
			time.Sleep(coolDown)
			before := e.requests.Load()
			if served := crowd(); served != 1 || e.requests.Load() != before+1 {
				t.Errorf("%d were served, by %d requests; want the one that looked, by its own", served, e.requests.Load()-before)
			}
			if served := crowd(); served != 100 || e.requests.Load() != before+100 {
				t.Errorf("%d were served, by %d requests; want 100, and one for each", served, e.requests.Load()-before)
			}
		})
	})

	t.Run("a refusal shows that the SSO is back", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			status := 503
			e := &endpoint{fail: func(url.Values) (int, string) { return status, `{"error":"invalid_grant"}` }}
			tokens := newTokens(e)
			_, _ = tokens.Exchange(t.Context(), "old", "catalog")
			status = 400
			time.Sleep(coolDown)
			for range 2 {
				if _, err := tokens.Exchange(t.Context(), "old", "catalog"); problem.Code(err) != "session_over" {
					t.Errorf("Exchange() = %v, want session_over", err)
				}
			}
		})
	})

	t.Run("a user whose session is over gets 401", func(t *testing.T) {
		t.Parallel()
		tokens := newTokens(&endpoint{fail: func(url.Values) (int, string) { return 400, `{"error":"invalid_grant"}` }})
		if _, err := tokens.Exchange(t.Context(), "old", "catalog"); problem.Code(err) != "session_over" {
			t.Errorf("Exchange() = %v, want session_over", err)
		}
	})

	t.Run("a service that is set up wrongly gets an error that is ours", func(t *testing.T) {
		t.Parallel()
		tokens := newTokens(&endpoint{fail: func(url.Values) (int, string) {
			return 401, `{"error":"invalid_client","error_description":"unknown client"}`
		}})
		_, err := tokens.Service(t.Context(), "catalog")
		if problem.Expected(err) || !strings.Contains(err.Error(), "unknown client") {
			t.Errorf("Service() = %v, want an unexpected error with the description", err)
		}
	})

	t.Run("a refusal for one neighbour does not stop the others", func(t *testing.T) {
		t.Parallel()
		tokens := newTokens(&endpoint{life: 300, fail: func(form url.Values) (int, string) {
			if form.Get("audience") == "bad" {
				return 400, `{"error":"invalid_target"}`
			}
			return 0, ""
		}})
		if _, err := tokens.Service(t.Context(), "bad"); err == nil {
			t.Error("no error for a neighbour that may not be called")
		}
		if _, err := tokens.Service(t.Context(), "catalog"); err != nil {
			t.Errorf("Service() = %v", err)
		}
	})

	t.Run("a mistake in the set-up is no session that is over", func(t *testing.T) {
		t.Parallel()
		for reason, expected := range map[string]bool{"": false, "session_over": true} {
			tokens := newTokens(&endpoint{fail: func(url.Values) (int, string) {
				return 400, fmt.Sprintf(`{"error":"invalid_request","error_description":"subject_token is addressed elsewhere","reason":%q}`, reason)
			}})
			if _, err := tokens.Exchange(t.Context(), "user", "catalog"); problem.Expected(err) != expected {
				t.Errorf("reason %q: Exchange() = %v", reason, err)
			}
		}
	})

	t.Run("services that share a cache do not share tokens", func(t *testing.T) {
		t.Parallel()
		cache, e := s2s.NewMemory(10), &endpoint{life: 300}
		of := func(service string) string {
			token, err := s2s.NewTokens(s2s.TokensConfig{
				Credentials: s2s.Credentials{ClientID: service, Secret: "made up"}, Endpoint: "http://sso/oauth/token", Transport: e, Cache: cache,
			}).Service(t.Context(), "cart")
			if err != nil {
				t.Fatal(err)
			}
			return token
		}
		if a, b := of("acquiring"), of("catalog"); a == b {
			t.Errorf("catalog was given acquiring's token %q", a)
		}
	})

	t.Run("users do not share tokens", func(t *testing.T) {
		t.Parallel()
		tokens := newTokens(&endpoint{life: 300})
		a, _ := tokens.Exchange(t.Context(), "anna", "catalog")
		b, _ := tokens.Exchange(t.Context(), "bert", "catalog")
		again, _ := tokens.Exchange(t.Context(), "anna", "catalog")
		if a == b || a != again {
			t.Errorf("tokens = %q, %q, %q", a, b, again)
		}
	})

	t.Run("an SSO that cannot be reached is unavailable", func(t *testing.T) {
		t.Parallel()
		tokens := newTokens(httpclient.RoundTripperFunc(func(*http.Request) (*http.Response, error) { return nil, errors.New("refused") }))
		if _, err := tokens.Service(t.Context(), "catalog"); problem.Status(err) != http.StatusServiceUnavailable {
			t.Errorf("Service() = %v", err)
		}
	})
}
