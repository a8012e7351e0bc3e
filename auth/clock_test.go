package auth_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/auth/authtest"
)

// skewed verifies a token at its given age, by a clock that goes before the issuer's by
// ahead, or after it. Every bubble begins at the same time, so there is one for each clock.
func skewed(t *testing.T, cfg auth.VerifierConfig, ahead, age time.Duration) (err error) {
	t.Helper()
	const start = 10 * time.Minute // so that a clock can go after
	var raw string
	synctest.Test(t, func(*testing.T) {
		time.Sleep(start)
		raw = authtest.NewIssuer().Mint(buyer())
	})
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(start + age + ahead)
		cfg.Issuer, cfg.Transport = authtest.URL, authtest.NewIssuer()
		_, err = auth.NewVerifier(cfg).Verify(t.Context(), raw)
	})
	return err
}

func TestVerifier_ClocksThatDiffer(t *testing.T) {
	t.Parallel()
	const life = 5 * time.Minute
	for _, c := range []struct {
		skew, ahead, age time.Duration
		wants            string // in the refusal; "" for a token that is good
	}{
		{0, 0, 0, ""},
		{0, -5 * time.Second, 0, ""},
		{0, -6 * time.Second, 0, "was issued only 6s from now: compare the clocks"},
		{0, -60 * time.Second, 0, "was issued only 1m0s from now: compare the clocks"},
		{time.Minute, -60 * time.Second, 0, ""},
		{time.Minute, -61 * time.Second, 0, "differ by 1m0s"},
		{0, 60 * time.Second, 0, ""}, // a new token only seems to be older
		{0, 4 * time.Second, life, ""},
		{0, 5 * time.Second, life, "expired 5s ago"},
		{0, 60 * time.Second, life - 56*time.Second, ""},
		{0, 60 * time.Second, life - 55*time.Second, "compare the clocks"},
		{time.Minute, 59 * time.Second, life, ""},
		{time.Minute, 60 * time.Second, life, "expired 1m0s ago"},
	} {
		t.Run(fmt.Sprintf("skew %s, ahead by %s, age %s", c.skew, c.ahead, c.age), func(t *testing.T) {
			t.Parallel()
			err := skewed(t, auth.VerifierConfig{Skew: c.skew}, c.ahead, c.age)
			if c.wants == "" {
				if err != nil {
					t.Errorf("Verify() = %v, want it believed", err)
				}
				return
			}
			wantProblem(t, err, http.StatusUnauthorized, "invalid_token")
			if err != nil && !strings.Contains(err.Error(), c.wants) {
				t.Errorf("the refusal %q does not say %q", err, c.wants)
			}
		})
	}
}
