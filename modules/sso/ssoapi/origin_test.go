package ssoapi_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"github.com/danielgtaylor/huma/v2/humatest"

	"github.com/slipway-go/slipway/modules/sso/ssoapi"
)

func TestRefusal40_SpoofedForwardedAddress(t *testing.T) {
	t.Parallel()
	inside := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	for _, c := range []struct{ remote, forwarded, want string }{
		{"192.0.2.1:99", "198.51.100.1", "192.0.2.1"},
		{"10.0.0.1:99", "198.51.100.1", "198.51.100.1"},
		{"10.0.0.1:99", "203.0.113.9, 198.51.100.1, 10.2.2.2", "198.51.100.1"},
		{"10.0.0.1:99", "garbage", "10.0.0.1"},
		{"10.0.0.1:99", "", "10.0.0.1"},
		{"[fd00::1]:99", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"},
		{"[::ffff:192.0.2.1]:99", "", "192.0.2.1"},
		{"local", "198.51.100.1", "local"},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", http.NoBody)
		r.RemoteAddr = c.remote
		if c.forwarded != "" {
			r.Header.Set("X-Forwarded-For", c.forwarded)
		}
		var o ssoapi.Origin
		if errs := o.Resolve(humatest.NewContext(nil, r, nil)); len(errs) > 0 {
			t.Fatal(errs)
		}
		if got := o.Address(inside); got != c.want {
			t.Errorf("from %s for %q: Address() = %s, want %s", c.remote, c.forwarded, got, c.want)
		}
	}
}
