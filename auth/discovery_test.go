package auth_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/slipway-go/slipway/auth"
)

// A changing issuer counts what it is asked and may be down.
type changing struct {
	mu       sync.Mutex
	document documents
	asked    int
	down     bool
}

func (c *changing) RoundTrip(r *http.Request) (*http.Response, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked++
	if c.down {
		return nil, errors.New("down")
	}
	return c.document.RoundTrip(r)
}

func (c *changing) set(document documents, down bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.document, c.down = document, down
}

const foreignIssuer = "https://login.test"

func says(tokenEndpoint string) documents {
	return documents{wellKnown: map[string]any{"issuer": foreignIssuer, "jwks_uri": foreignIssuer + "/keys", "token_endpoint": tokenEndpoint}}
}

func TestDiscovery(t *testing.T) {
	t.Parallel()
	endpoint := func(t *testing.T, d *auth.Discovery) string {
		t.Helper()
		m, err := d.Metadata(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		return m.TokenEndpoint
	}
	const first, second = foreignIssuer + "/1", foreignIssuer + "/2"

	t.Run("fails while nothing is known", func(t *testing.T) {
		t.Parallel()
		d := auth.NewDiscovery(foreignIssuer, &changing{down: true})
		if m, err := d.Metadata(t.Context()); err == nil {
			t.Errorf("Metadata() = %+v, want an error", m)
		}
	})
	t.Run("asks once for all who wait", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			issuer := &changing{document: says(first)}
			d := auth.NewDiscovery(foreignIssuer, slowly{issuer, time.Second})
			var wg sync.WaitGroup
			for range 10 {
				wg.Go(func() {
					if _, err := d.Metadata(t.Context()); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			if issuer.asked != 1 {
				t.Errorf("asked %d times, want once", issuer.asked)
			}
		})
	})
	t.Run("goes on for those who stay when the first one leaves", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			d := auth.NewDiscovery(foreignIssuer, slowly{&changing{document: says(first)}, time.Second})
			ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
			defer cancel()
			if _, err := d.Metadata(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Metadata() = %v, want the deadline", err)
			}
			if got := endpoint(t, d); got != first {
				t.Errorf("the endpoint is %s, want %s", got, first)
			}
		})
	})
	t.Run("keeps what it found, and asks again after an hour", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			issuer := &changing{document: says(first)}
			d := auth.NewDiscovery(foreignIssuer, issuer)
			endpoint(t, d)
			issuer.set(nil, true)
			time.Sleep(time.Hour)
			for range 60 {
				if got := endpoint(t, d); got != first {
					t.Errorf("the endpoint is %q while the issuer is down, want %s", got, first)
				}
				time.Sleep(time.Second)
			}
			if issuer.asked > 4 {
				t.Errorf("an issuer that is down was asked %d times in a minute", issuer.asked)
			}
			issuer.set(says(second), false)
			time.Sleep(30 * time.Second)
			endpoint(t, d)
			if got := endpoint(t, d); got != second {
				t.Errorf("the endpoint is %q, want the new one", got)
			}
		})
	})
	t.Run("tells who exchanges tokens", func(t *testing.T) {
		t.Parallel()
		for document, want := range map[*auth.Metadata]bool{
			{}: false,
			{GrantTypes: []string{"authorization_code"}}:                              false,
			{GrantTypes: []string{"urn:ietf:params:oauth:grant-type:token-exchange"}}: true,
		} {
			if got := document.Exchanges(); got != want {
				t.Errorf("%v exchanges: %t, want %t", document.GrantTypes, got, want)
			}
		}
	})
}
