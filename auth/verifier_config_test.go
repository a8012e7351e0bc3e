package auth_test

import (
	"strings"
	"testing"
	"time"

	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/auth/authtest"
	"github.com/slipway-go/slipway/config"
)

func TestVerifierConfig_Load(t *testing.T) {
	t.Parallel()

	t.Run("an issuer is enough", func(t *testing.T) {
		t.Parallel()
		cfg, err := config.Load[auth.VerifierConfig](config.New(map[string]string{"SSO_ISSUER": authtest.URL}), "SSO_")
		if err != nil || cfg.Skew != 5*time.Second || len(cfg.Algorithms) != 2 {
			t.Fatalf("Load() = %+v, %v; want the defaults", cfg, err)
		}
		issuer := authtest.NewIssuer()
		cfg.Transport = issuer
		verify(t, auth.NewVerifier(cfg), issuer.Mint(buyer()))
	})
	t.Run("every mistake is told", func(t *testing.T) {
		t.Parallel()
		_, err := config.Load[auth.VerifierConfig](config.New(map[string]string{
			"SSO_ISSUER": "sso.test", "SSO_JWKS_URL": "file:///etc/keys", "SSO_REVOCATIONS_URL": "revocations", "SSO_ALGORITHMS": "EdDSA,HS256", "SSO_SKEW": "1h", "SSO_TOKEN_CACHE": "-1",
		}), "SSO_")
		if err == nil {
			t.Fatal("Load() = nil, want errors")
		}
		for _, variable := range []string{"SSO_ISSUER", "SSO_JWKS_URL", "SSO_REVOCATIONS_URL", "SSO_ALGORITHMS", "SSO_SKEW", "SSO_TOKEN_CACHE"} {
			if !strings.Contains(err.Error(), variable) {
				t.Errorf("%s is missing in:\n%v", variable, err)
			}
		}
	})
}

// What cannot be believed is not believed, however it is configured.
func TestVerifierConfig_HMACNever(t *testing.T) {
	t.Parallel()
	issuer := authtest.NewIssuer()
	verifier := auth.NewVerifier(auth.VerifierConfig{Issuer: issuer.URL(), Transport: issuer, Algorithms: []string{"EdDSA", "HS256", "none", "ES384"}})
	for _, refusal := range issuer.Refusals(buyer()) {
		if err := admit(verifier, request(t, refusal.Request)); err == nil {
			t.Errorf("%s is admitted", refusal)
		}
	}
}
