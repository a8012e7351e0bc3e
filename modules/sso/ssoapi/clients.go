package ssoapi

import (
	"time"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
)

// WriteClients is the permission of who says which applications let people in.
var WriteClients = auth.Perm("sso:clients:write", "Register and revoke applications that let people in").GrantTo("admin")

// A ClientRegistration is what is said of an application that is to let people in by
// the authorization endpoint.
type ClientRegistration struct {
	ID                     string   `json:"id" minLength:"2" maxLength:"64" doc:"Its client_id: lower-case letters, digits, - and _; no UUID, nor the name of a module, of the edge's audience or of a client that was revoked." example:"dashboard"`
	Name                   string   `json:"name" minLength:"1" maxLength:"100" doc:"How people know it." example:"Dashboard"`
	Public                 bool     `json:"public,omitempty" doc:"Whether it cannot keep a secret, as an app or a page's script; it has none then."`
	RedirectURIs           []string `json:"redirect_uris" minItems:"1" maxItems:"20" nullable:"false" doc:"Where browsers may go with a code, letter by letter: https, http on the machine itself, or for a public client a scheme such as com.example.app:/." example:"[\"https://dashboard.example/callback\"]"`
	PostLogoutRedirectURIs []string `json:"post_logout_redirect_uris,omitempty" maxItems:"20" nullable:"false" doc:"Where browsers may go after a logout."`
	Grants                 []string `json:"grants,omitempty" maxItems:"2" nullable:"false" doc:"authorization_code, and refresh_token to continue sessions. Default: both."`
	Scopes                 []string `json:"scopes,omitempty" maxItems:"200" nullable:"false" doc:"What it may be granted: openid, profile, email, phone, offline_access, names of permissions, and * for all that its users may. Default: openid, profile and email."`
	Algorithm              string   `json:"algorithm,omitempty" doc:"What its tokens are signed by: EdDSA, or ES256 for what knows nothing newer. Default: EdDSA."`
}

// A RegisteredClient is a client that lets people in.
type RegisteredClient struct {
	ClientRegistration

	CreatedAt time.Time `json:"created_at" doc:"When it was registered."`
	Secrets   int       `json:"secrets" minimum:"0" maximum:"2" doc:"How many secrets are good: two while one follows the other."`
}

// RegisteredClients are all of them.
type RegisteredClients struct {
	Clients []RegisteredClient `json:"clients" nullable:"false" doc:"The clients, by id."`
}

// ListClients returns the clients that were not revoked.
var ListClients = api.GET[api.Empty, RegisteredClients](Module, "/sso/v1/clients", auth.Need(WriteClients), "List the clients that let people in")

// CreateClientInput is the input of [CreateClient].
type CreateClientInput struct{ Body ClientRegistration }

// A NewClient has its secret, which is shown this once; none for a public client.
type NewClient struct {
	RegisteredClient

	Secret string `json:"secret,omitempty" doc:"What it authenticates by; shown this once." log:"drop"`
}

// CreateClient registers a client. What is wrong with it is a 422 client_refused; an id
// that is taken, a 409 client_taken; a scope that is a permission which you lack, a 403
// permission_not_yours.
var CreateClient = api.POST[CreateClientInput, NewClient](Module, "/sso/v1/clients",
	auth.Need(WriteClients).Fresh(adminFresh), "Register a client that lets people in").Status(201).MaxBody(smallBody)

// ClientInput names a client.
type ClientInput struct {
	ID string `path:"id" minLength:"2" maxLength:"64" doc:"Its client_id."`
}

// RotateClientSecretInput is the input of [RotateClientSecret].
type RotateClientSecretInput struct {
	ClientInput

	Body ClientSecretRequest
}

// A ClientSecretRequest says what becomes of the secret of before.
type ClientSecretRequest struct {
	Retire bool `json:"retire,omitempty" doc:"Whether the secrets of before are good for nothing from now on, as after a leak. Default: the newest of them is good until the next rotation."`
}

// A ClientSecret is shown this once.
type ClientSecret struct {
	Secret string `json:"secret" doc:"What the client authenticates by." log:"drop"`
}

// RotateClientSecret makes a new secret, for who could register the client. A public client has none: a 409 client_public.
var RotateClientSecret = api.POST[RotateClientSecretInput, ClientSecret](Module, "/sso/v1/clients/{id}/secrets",
	auth.Need(WriteClients).Fresh(adminFresh), "Make a new secret of a client").Status(201).MaxBody(smallBody)

// RevokeClient has a client let nobody in any more; its sessions end, and its tokens are
// refused. Its id is given to no other.
var RevokeClient = api.DELETE[ClientInput, api.Empty](Module, "/sso/v1/clients/{id}",
	auth.Need(WriteClients).Fresh(adminFresh), "Revoke a client")
