package s2s_test

import (
	"net/http"
	"testing"

	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/httpclient"
	"github.com/slipway-go/slipway/problem"
	"github.com/slipway-go/slipway/s2s"
	"github.com/slipway-go/slipway/telemetry"
)

// The module sso reports its own defects; another SSO, or who stands before it, does not.
func TestTokens_failureThatTheSSOHasReported(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status      int
		contentType string
		reported    bool
	}{
		"a defect of the module sso":      {500, problem.ContentType, true},
		"a defect of another SSO":         {500, "application/json", false},
		"a page of the load balancer":     {503, "text/html", false},
		"a refusal, which is our setting": {401, "application/json", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tokens := newTokens(httpclient.RoundTripperFunc(func(*http.Request) (*http.Response, error) {
				resp := answer(c.status, `{"error":"invalid_client"}`)
				resp.Header = http.Header{"Content-Type": {c.contentType}}
				return resp, nil
			}))
			_, err := tokens.Service(t.Context(), "catalog")
			if err == nil || telemetry.ReportedElsewhere(err) != c.reported {
				t.Errorf("Service() = %v, reported elsewhere: %v, want %v", err, telemetry.ReportedElsewhere(err), c.reported)
			}
		})
	}
}

// Somebody else's SSO may answer with problem+json as well.
func TestTokens_failureOfAnotherSSOThatAnswersLikeOurs(t *testing.T) {
	t.Parallel()
	p := newProvider("client_credentials")
	tokens := s2s.NewTokens(s2s.TokensConfig{
		Credentials: s2s.Credentials{ClientID: "cart", Secret: "secret"}, Discovery: auth.NewDiscovery(foreign, p),
		Transport: httpclient.RoundTripperFunc(func(*http.Request) (*http.Response, error) {
			resp := answer(http.StatusInternalServerError, "{}")
			resp.Header.Set("Content-Type", problem.ContentType)
			return resp, nil
		}),
	})
	if _, err := tokens.Service(t.Context(), "catalog"); err == nil || telemetry.ReportedElsewhere(err) {
		t.Errorf("Service() = %v, taken for reported elsewhere: want it reported here, since nobody of ours has", err)
	}
}
