package ssoapi

import (
	"time"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
)

// An Identity is who somebody is at another provider, by which they log in here.
type Identity struct {
	ID         uuid.UUID  `json:"id" format:"uuid" doc:"The identity's id here."`
	Provider   string     `json:"provider" doc:"The provider, as the product calls it." example:"google"`
	Email      string     `json:"email,omitempty" doc:"The e-mail there, as of the last login."`
	CreatedAt  time.Time  `json:"created_at" doc:"When it was linked."`
	LastUsedAt *time.Time `json:"last_used_at,omitempty" doc:"The last login by it."`
}

// Identities are all of a user's.
type Identities struct {
	Identities []Identity `json:"identities" nullable:"false" doc:"The oldest first."`
}

// ListIdentities returns those of whoever asks. They are linked on a page, since only a
// browser can go to the provider: /sso/social/{provider}/link.
var ListIdentities = api.GET[api.Empty, Identities](Module, "/sso/v1/identities", auth.SignedIn(), "See the providers that you log in by")

// IdentityInput names an identity.
type IdentityInput struct {
	ID uuid.UUID `path:"id" format:"uuid" doc:"The identity."`
}

// DeleteIdentity takes a provider from the account. The last way to log in stays: 409
// last_way_in.
var DeleteIdentity = api.DELETE[IdentityInput, api.Empty](Module, "/sso/v1/identities/{id}", auth.SignedIn().Owner().Fresh(identityFresh), "Stop logging in by a provider")

// The pages of a login by another provider. SocialLogin leads there and carries return_to;
// SocialCallback is where the provider leads back to, and is registered with it.
var (
	SocialLogin    = api.Handler(Module, "GET /sso/social/{provider}", pagesAccess, "Page: log in by another provider")
	SocialCallback = api.Handler(Module, "GET /sso/social/{provider}/callback", pagesAccess, "Page: where another provider leads back to")
	SocialLinkPage = api.Handler(Module, "GET /sso/social/{provider}/link", pagesAccess, "Page: link another provider to the account")
	SocialLinkForm = api.Handler(Module, "POST /sso/social/{provider}/link", pagesAccess, "Page: go to the provider to link it")

	DeleteIdentityForm = api.Handler(Module, "POST /sso/account/identities", pagesAccess, "Page: stop logging in by a provider")
)
