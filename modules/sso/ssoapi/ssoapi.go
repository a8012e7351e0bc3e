package ssoapi

import (
	"time"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
)

// Module is the contract.
var Module = api.Module("sso")

// FirstParty is the client that users' own tokens are issued to. It is public:
// it has no secret and may only redeem refresh tokens.
const FirstParty = "slipway"

// passwordTimeout bounds the routes that hash a password: under a flood they
// wait for a core.
const passwordTimeout = 15 * time.Second

// smallBody is plenty for what people type.
const smallBody = 16 << 10

// RegisterInput is the input of [Register].
type RegisterInput struct {
	Origin

	Body Registration
}

// A Registration is what a person gives to get an account.
type Registration struct {
	Email    string `json:"email" maxLength:"254" minLength:"3" doc:"The address to log in with; upper and lower case are the same." example:"ada@example.com"`
	Password string `json:"password" maxLength:"256" minLength:"8" format:"password" doc:"8 to 256 characters and none of the common ones." log:"drop"`
	Name     string `json:"name" maxLength:"100" minLength:"1" doc:"How to address the person." example:"Ada"`
}

// Registered says whom a registration has created.
type Registered struct {
	UserID uuid.UUID `json:"user_id" doc:"The sub of the person's tokens."`
}

// Register opens an account with the default role.
//
// An e-mail that is taken is a 409: people who forgot that they have an account
// expect to be told. It does tell who has one; the rate per address bounds how
// many can be tried. Only confirmation by mail could hide it. What no schema can
// say of an e-mail, a name or a password is a 422 registration_refused.
var Register = api.POST[RegisterInput, Registered](Module, "/sso/v1/registrations",
	auth.Public("nobody has an account before opening one"), "Open an account").
	Status(201).MaxBody(smallBody).Timeout(passwordTimeout)

// LoginInput is the input of [Login].
type LoginInput struct {
	Origin

	Body Credentials
}

// Credentials are what a person logs in with.
type Credentials struct {
	Email    string `json:"email" maxLength:"254" minLength:"1" example:"ada@example.com"`
	Password string `json:"password" maxLength:"256" minLength:"1" format:"password" log:"drop"`
}

// Tokens are the answer to a login.
type Tokens struct {
	AccessToken  string `json:"access_token" doc:"Goes into the header Authorization: Bearer." log:"hash"`
	RefreshToken string `json:"refresh_token" doc:"Redeemed once, at POST /oauth/token, for the next two tokens." log:"hash"`
	TokenType    string `json:"token_type" enum:"Bearer"`
	ExpiresIn    int64  `json:"expires_in" doc:"The access token's life in seconds."`
}

// Login opens a session. Every failure is one and the same 401.
var Login = api.POST[LoginInput, Tokens](Module, "/sso/v1/login",
	auth.Public("a login is how one gets a token"), "Log in by password").
	MaxBody(smallBody).Timeout(passwordTimeout)
