package sso_test

import (
	"net/http"
	"testing"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/modules/sso/internal/social/socialtest"
	"github.com/slipway-go/slipway/modules/sso/ssoapi"
	"github.com/slipway-go/slipway/slipwaytest"
)

// socialExamples are of a world with a provider, which nobody reaches but by the
// requests of the suite.
func socialExamples(t *testing.T) []slipwaytest.Fixture {
	t.Helper()
	return []slipwaytest.Fixture{
		slipwaytest.World(func(k *slipwaytest.Kit) {
			slipwaytest.External(k, corpIssuer, socialtest.NewProvider(corpIssuer))
		}),
		slipwaytest.Example(ssoapi.ListIdentities, func(*slipwaytest.Kit) api.Empty { return api.Empty{} }),
		slipwaytest.Example(ssoapi.DeleteIdentity, func(k *slipwaytest.Kit) ssoapi.IdentityInput {
			withAccount(t, k)
			newDevice().addTo(t, k) // stays as the way in
			in := ssoapi.IdentityInput{ID: uuid.New()}
			_, err := k.DB("sso").Exec(t.Context(), `INSERT INTO identities VALUES ($1, $2, 'corp', 'https://corp.test', $3, '', now())`, in.ID, k.Subject(), uuid.NewString())
			if err != nil {
				t.Fatal(err)
			}
			return in
		}),
		slipwaytest.ExampleRequest(ssoapi.SocialLogin, get("/sso/social/corp")),
		slipwaytest.ExampleRequest(ssoapi.SocialLinkPage, get("/sso/social/corp/link")),
		slipwaytest.ExampleRequest(ssoapi.SocialLinkForm, func(*slipwaytest.Kit) *http.Request { return formRequest("/sso/social/corp/link", nil) }),
	}
}
