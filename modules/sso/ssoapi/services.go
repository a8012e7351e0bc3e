package ssoapi

import (
	"time"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
)

// A ServiceCredential is what a service authenticates by, without its secret.
type ServiceCredential struct {
	ID         uuid.UUID  `json:"id" format:"uuid" doc:"Names the credential."`
	Hint       string     `json:"hint" doc:"How its secret begins."`
	CreatedAt  time.Time  `json:"created_at" doc:"When it was made."`
	ExpiresAt  *time.Time `json:"expires_at,omitempty" doc:"When it ends by itself; absent for never."`
	LastUsedAt *time.Time `json:"last_used_at,omitempty" doc:"When the service last got a token by it, to the minute; absent for never."`
}

// ServiceInput names a module of the product.
type ServiceInput struct {
	Name string `path:"name" minLength:"1" maxLength:"31" pattern:"^[a-z][a-z0-9]*$" patternDescription:"the name of a module" doc:"The module's name, which is that of the client."`
}

// ServiceCredentials are those of a service that are valid.
type ServiceCredentials struct {
	Credentials []ServiceCredential `json:"credentials" nullable:"false" doc:"The credentials, the newest first."`

	SettingsSecret bool `json:"settings_secret" doc:"Whether the secret in the settings of the SSO's process (<MODULE>_CLIENT_SECRET) is valid as well, until it is taken from there."`
}

// ListServiceCredentials returns the credentials of a service that are valid. The secret
// in the settings (<MODULE>_CLIENT_SECRET) is none of them; settings_secret tells whether
// it is valid beside them.
var ListServiceCredentials = api.GET[ServiceInput, ServiceCredentials](Module, "/sso/v1/services/{name}/credentials",
	auth.Need(WriteServices), "See the credentials of a service")

// CreateServiceCredentialInput is the input of [CreateServiceCredential].
type CreateServiceCredentialInput struct {
	ServiceInput

	Body ServiceCredentialRequest
}

// A ServiceCredentialRequest says what becomes of the credential of before.
type ServiceCredentialRequest struct {
	Overlap *int64 `json:"overlap,omitempty" minimum:"0" maximum:"2592000" doc:"For how many seconds the credential of before stays valid. Default: until it is revoked." example:"86400"`
}

// A NewServiceCredential has its secret, which is shown this once.
type NewServiceCredential struct {
	ServiceCredential

	Secret string `json:"secret" doc:"Goes into <MODULE>_CLIENT_SECRET of the process that hosts the module." log:"drop"`

	SettingsSecret bool `json:"settings_secret" doc:"Whether the secret in the settings of the SSO's process (<MODULE>_CLIENT_SECRET) stays valid, until it is taken from there."`
}

// CreateServiceCredential makes a credential, for who has every permission of the modules
// that the service calls; for others it is a 403 permission_not_yours. Two are valid at most, so that one follows
// the other without a refused call: a third is a 409 too_many_credentials.
var CreateServiceCredential = api.POST[CreateServiceCredentialInput, NewServiceCredential](Module, "/sso/v1/services/{name}/credentials",
	auth.Need(WriteServices).Fresh(adminFresh), "Make a credential of a service").Status(201).MaxBody(smallBody)

// RevokeServiceCredentialInput is the input of [RevokeServiceCredential].
type RevokeServiceCredentialInput struct {
	ServiceInput

	ID uuid.UUID `path:"id" format:"uuid" doc:"The credential's id."`
}

// RevokeServiceCredential makes a credential worthless, and every token that the service
// has: it gets new ones by its other credential.
var RevokeServiceCredential = api.DELETE[RevokeServiceCredentialInput, api.Empty](Module, "/sso/v1/services/{name}/credentials/{id}",
	auth.Need(WriteServices).Fresh(adminFresh), "Revoke a credential of a service")
