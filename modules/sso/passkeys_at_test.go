package sso

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/slipway-go/slipway/modules/sso/internal/passkey"
)

func TestConfig_PasskeysAt(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ issuer, setting, domain, origins string }{
		{"https://auth.shop.example", "", "auth.shop.example", "https://auth.shop.example"},
		{"https://auth.shop.example", "shop.example", "shop.example", "https://auth.shop.example"},
		{"http://127.0.0.1:8080", "", "localhost", "http://127.0.0.1:8080 http://localhost:8080"},
		{"http://[::1]:8080", "", "localhost", "http://[::1]:8080 http://localhost:8080"},
		{"http://192.0.2.7", "", "localhost", "http://192.0.2.7 http://localhost"},
		{"http://sso:8080", "", "localhost", "http://sso:8080 http://localhost:8080"},
	} {
		issuer, err := url.Parse(c.issuer)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Config{PasskeyDomain: c.setting}.passkeysAt(issuer)
		if err != nil || got.Domain != c.domain || !slices.Equal(got.Origins, strings.Fields(c.origins)) {
			t.Errorf("%s, %q: got %+v, %v; want %s for %s", c.issuer, c.setting, got, err, c.domain, c.origins)
		}
		if _, err := passkey.NewStore(nil, got); err != nil {
			t.Errorf("%s: %v", c.issuer, err)
		}
	}
	for _, above := range []string{"example.org", "op.example", "www.auth.shop.example"} {
		_, err := Config{PasskeyDomain: above}.passkeysAt(&url.URL{Scheme: "https", Host: "auth.shop.example"})
		if err == nil || !strings.Contains(err.Error(), "SSO_PASSKEY_DOMAIN") {
			t.Errorf("%s is taken for a domain above auth.shop.example: %v", above, err)
		}
	}
}
