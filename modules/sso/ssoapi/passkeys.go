package ssoapi

import (
	"time"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
)

// identityFresh is how long ago a login may be of who changes the ways to log in.
const identityFresh = 10 * time.Minute

// A Passkey is a way to log in that lives in a phone, a computer or a key.
type Passkey struct {
	ID         uuid.UUID  `json:"id" format:"uuid" doc:"The passkey's id here."`
	Name       string     `json:"name" doc:"What its owner calls it."`
	BackedUp   bool       `json:"backed_up" doc:"Whether its owner keeps it with a provider, so that it survives the device."`
	CreatedAt  time.Time  `json:"created_at" doc:"When it was added."`
	LastUsedAt *time.Time `json:"last_used_at,omitempty" doc:"The last login by it."`
}

// Passkeys are all of a user's.
type Passkeys struct {
	Passkeys []Passkey `json:"passkeys" nullable:"false" doc:"The oldest first."`
}

// ListPasskeys returns the passkeys of whoever asks.
var ListPasskeys = api.GET[api.Empty, Passkeys](Module, "/sso/v1/passkeys", auth.SignedIn(), "See your passkeys")

// PasskeyAdding is a ceremony that has begun.
type PasskeyAdding struct {
	CeremonyID string          `json:"ceremony_id" doc:"Goes back with the browser's answer; good for one, within five minutes." log:"hash"`
	Options    PasskeyCreation `json:"options" doc:"For PublicKeyCredential.parseCreationOptionsFromJSON and navigator.credentials.create."`
}

// PasskeyCreation are PublicKeyCredentialCreationOptionsJSON of WebAuthn level 3.
type PasskeyCreation struct {
	RP                     PasskeyParty       `json:"rp" doc:"Whose passkey it will be."`
	User                   PasskeyUser        `json:"user" doc:"Whose account it will open."`
	Challenge              string             `json:"challenge" doc:"32 random bytes in base64url." log:"drop"`
	PubKeyCredParams       []PasskeyAlgorithm `json:"pubKeyCredParams" nullable:"false" doc:"The algorithms that are understood, the best first."`
	Timeout                int                `json:"timeout" doc:"In milliseconds."`
	ExcludeCredentials     []PasskeyReference `json:"excludeCredentials,omitempty" nullable:"false" doc:"The passkeys that the account has, so that a device makes no second one."`
	AuthenticatorSelection PasskeySelection   `json:"authenticatorSelection" doc:"What the authenticator must be able to do."`
	Attestation            string             `json:"attestation" doc:"none: of what make the authenticator is does not matter."`
}

// PasskeyParty is whose passkeys they are.
type PasskeyParty struct {
	ID   string `json:"id" doc:"The domain that they work on." example:"shop.example"`
	Name string `json:"name" doc:"What people see."`
}

// PasskeyUser is whose account a passkey opens.
type PasskeyUser struct {
	ID          string `json:"id" doc:"An opaque id in base64url."`
	Name        string `json:"name" doc:"The e-mail, to choose among several accounts by."`
	DisplayName string `json:"displayName" doc:"The person's name."`
}

// PasskeyAlgorithm is one way to sign.
type PasskeyAlgorithm struct {
	Type string `json:"type" doc:"public-key."`
	Alg  int    `json:"alg" doc:"The number of the algorithm at IANA (COSE)." example:"-7"`
}

// PasskeyReference names a passkey to an authenticator.
type PasskeyReference struct {
	Type       string   `json:"type" doc:"public-key."`
	ID         string   `json:"id" doc:"The authenticator's id of it, in base64url."`
	Transports []string `json:"transports,omitempty" nullable:"false" doc:"How it is reached, such as internal or usb."`
}

// PasskeySelection is what an authenticator must be able to do.
type PasskeySelection struct {
	ResidentKey        string `json:"residentKey" doc:"required: it finds the account by itself."`
	RequireResidentKey bool   `json:"requireResidentKey" doc:"The same for older browsers."`
	UserVerification   string `json:"userVerification" doc:"required: by a PIN, a finger or a face."`
}

// BeginPasskey begins to add a passkey. It asks for a login of the last ten minutes
// and refuses the twenty-first passkey as 409 passkeys_full.
var BeginPasskey = api.POST[api.Empty, PasskeyAdding](Module, "/sso/v1/passkeys/options", auth.SignedIn().Fresh(identityFresh), "Begin to add a passkey")

// AddPasskeyInput is the input of [AddPasskey].
type AddPasskeyInput struct {
	Body NewPasskey
}

// A NewPasskey is what a browser answers to the options.
type NewPasskey struct {
	CeremonyID string            `json:"ceremony_id" minLength:"1" maxLength:"64" doc:"As it came with the options." log:"hash"`
	Name       string            `json:"name" minLength:"1" maxLength:"100" doc:"For its owner to tell it from others." example:"My phone"`
	Credential PasskeyMadeAnswer `json:"credential" doc:"What toJSON() of the new PublicKeyCredential returns (RegistrationResponseJSON)."`
}

// PasskeyMadeAnswer is RegistrationResponseJSON of WebAuthn level 3, of which browsers
// fill in more with each level.
type PasskeyMadeAnswer struct {
	_        struct{}    `additionalProperties:"true"`
	ID       string      `json:"id" minLength:"1" maxLength:"1400" pattern:"^[A-Za-z0-9_-]+$" doc:"The authenticator's id of the passkey, in base64url."`
	Type     string      `json:"type" enum:"public-key" doc:"The kind of credential."`
	Response PasskeyMade `json:"response" doc:"What the authenticator made."`
}

// PasskeyMade is AuthenticatorAttestationResponseJSON.
type PasskeyMade struct {
	_                 struct{} `additionalProperties:"true"`
	ClientDataJSON    string   `json:"clientDataJSON" minLength:"1" maxLength:"8192" pattern:"^[A-Za-z0-9_-]+$" doc:"What the browser saw: origin and challenge, in base64url." log:"drop"`
	AttestationObject string   `json:"attestationObject" minLength:"1" maxLength:"32768" pattern:"^[A-Za-z0-9_-]+$" doc:"The public key, in base64url." log:"drop"`
	Transports        []string `json:"transports,omitempty" maxItems:"10" nullable:"false" doc:"How the authenticator is reached."`
}

// AddPasskey adds the passkey to the account of whoever began the ceremony. An answer
// that does not fit is a 422 passkey_refused, and the ceremony is over then.
var AddPasskey = api.POST[AddPasskeyInput, Passkey](Module, "/sso/v1/passkeys",
	auth.SignedIn().Fresh(identityFresh+5*time.Minute), // the ceremony's life more than for its beginning
	"Add a passkey").Status(201).MaxBody(passkeyBody)

// passkeyBody has room for a certificate or two.
const passkeyBody = 64 << 10

// PasskeyInput names a passkey.
type PasskeyInput struct {
	ID uuid.UUID `path:"id" format:"uuid" doc:"The passkey."`
}

// DeletePasskey takes a passkey from the account. The last way to log in stays: 409
// last_way_in.
var DeletePasskey = api.DELETE[PasskeyInput, api.Empty](Module, "/sso/v1/passkeys/{id}", auth.SignedIn().Owner().Fresh(identityFresh), "Delete a passkey")

// BeginPasskeyLoginInput is the input of [BeginPasskeyLogin].
type BeginPasskeyLoginInput struct {
	Origin
}

// PasskeyLogin is a ceremony that has begun.
type PasskeyLogin struct {
	CeremonyID string         `json:"ceremony_id" doc:"Goes back with the browser's answer; good for one, within five minutes." log:"hash"`
	Options    PasskeyRequest `json:"options" doc:"For PublicKeyCredential.parseRequestOptionsFromJSON and navigator.credentials.get."`
}

// PasskeyRequest are PublicKeyCredentialRequestOptionsJSON of WebAuthn level 3.
type PasskeyRequest struct {
	Challenge        string `json:"challenge" doc:"32 random bytes in base64url." log:"drop"`
	Timeout          int    `json:"timeout" doc:"In milliseconds."`
	RPID             string `json:"rpId" doc:"The domain whose passkeys are asked for."`
	UserVerification string `json:"userVerification" doc:"required: by a PIN, a finger or a face."`
}

// BeginPasskeyLogin begins a login by passkey. The options name no account.
var BeginPasskeyLogin = api.POST[BeginPasskeyLoginInput, PasskeyLogin](Module, "/sso/v1/login/passkey/options",
	auth.Public("a login is how one gets a token"), "Begin a login by passkey")

// PasskeyLoginInput is the input of [LoginByPasskey].
type PasskeyLoginInput struct {
	Origin

	Body PasskeyProof
}

// A PasskeyProof is what a browser answers to the options.
type PasskeyProof struct {
	CeremonyID string            `json:"ceremony_id" minLength:"1" maxLength:"64" doc:"As it came with the options." log:"hash"`
	Credential PasskeyUsedAnswer `json:"credential" doc:"What toJSON() of the PublicKeyCredential returns (AuthenticationResponseJSON)."`
}

// PasskeyUsedAnswer is AuthenticationResponseJSON of WebAuthn level 3.
type PasskeyUsedAnswer struct {
	_        struct{}    `additionalProperties:"true"`
	ID       string      `json:"id" minLength:"1" maxLength:"1400" pattern:"^[A-Za-z0-9_-]+$" doc:"The authenticator's id of the passkey, in base64url."`
	Type     string      `json:"type" enum:"public-key" doc:"The kind of credential."`
	Response PasskeyUsed `json:"response" doc:"What the authenticator signed."`
}

// PasskeyUsed is AuthenticatorAssertionResponseJSON.
type PasskeyUsed struct {
	_                 struct{} `additionalProperties:"true"`
	ClientDataJSON    string   `json:"clientDataJSON" minLength:"1" maxLength:"8192" pattern:"^[A-Za-z0-9_-]+$" doc:"What the browser saw: origin and challenge, in base64url." log:"drop"`
	AuthenticatorData string   `json:"authenticatorData" minLength:"1" maxLength:"8192" pattern:"^[A-Za-z0-9_-]+$" doc:"What the authenticator says of itself and of the user, in base64url." log:"drop"`
	Signature         string   `json:"signature" minLength:"1" maxLength:"8192" pattern:"^[A-Za-z0-9_-]+$" doc:"Over the two, in base64url." log:"drop"`
	UserHandle        string   `json:"userHandle" minLength:"1" maxLength:"100" pattern:"^[A-Za-z0-9_-]+$" doc:"The user's id, as the authenticator was told it, in base64url."`
}

// LoginByPasskey opens a session. Every failure is a 401 passkey_refused.
var LoginByPasskey = api.POST[PasskeyLoginInput, Tokens](Module, "/sso/v1/login/passkey",
	auth.Public("a login is how one gets a token"), "Log in by passkey").MaxBody(passkeyBody)
