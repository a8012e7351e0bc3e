package sso_test

import (
	"net/http"
	"testing"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/modules/sso/ssoapi"
	"github.com/slipway-go/slipway/slipwaytest"
)

// loginFrom returns where the SSO thinks that a login comes from which is forwarded so.
func loginFrom(k *slipwaytest.Kit, forwarded string) string {
	through := func(r *http.Request) { r.Header.Set("X-Forwarded-For", forwarded) }
	login := slipwaytest.Do(k, ssoapi.Login, ssoapi.LoginInput{Body: newAccount(k)}, through).Want(200).Body
	return slipwaytest.Do(k, ssoapi.ListSessions, api.Empty{}, bearer(login.AccessToken)).Want(200).Body.Sessions[0].Address
}

// The process of the SSO believes the edge, and the edge believes nobody.
func TestRefusal40_SpoofedAddressThroughTheEdge(t *testing.T) {
	t.Parallel()
	slipwaytest.DeploymentsWith(t, withSecret(nil), product(), func(t *testing.T, k *slipwaytest.Kit) {
		for _, spoofed := range []string{"203.0.113.7", "203.0.113.7, 127.0.0.1", "127.0.0.1, 203.0.113.7"} {
			if got := loginFrom(k, spoofed); got != "127.0.0.1" {
				t.Errorf("a login that calls itself forwarded for %s comes from %s, want the connection's address", spoofed, got)
			}
		}
	})
}

func TestTrustedProxies_ReachTheSSOThroughTheEdge(t *testing.T) {
	t.Parallel()
	balanced := map[string]string{"SLIPWAY_TRUSTED_PROXIES": "127.0.0.0/8,10.0.0.0/8"}
	slipwaytest.DeploymentsWith(t, withSecret(balanced), product(), func(t *testing.T, k *slipwaytest.Kit) {
		for forwarded, want := range map[string]string{
			"203.0.113.7":                         "203.0.113.7",
			"203.0.113.7, 10.1.2.3":               "203.0.113.7",
			"198.51.100.1, 203.0.113.7, 10.1.2.3": "203.0.113.7", // the first is what the client says
			"not an address":                      "127.0.0.1",
		} {
			if got := loginFrom(k, forwarded); got != want {
				t.Errorf("a login that the load balancer forwards for %q comes from %s, want %s", forwarded, got, want)
			}
		}
	})
}
