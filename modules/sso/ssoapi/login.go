package ssoapi

import (
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
)

// LoginInput is the input of [Login].
type LoginInput struct {
	Origin

	Body Credentials
}

// Credentials are what a person logs in with.
type Credentials struct {
	Email    string `json:"email" maxLength:"254" minLength:"1" doc:"The address of the account." example:"ada@example.com"`
	Password string `json:"password" maxLength:"256" minLength:"1" format:"password" doc:"Its password." log:"drop"`
}

// Tokens are the answer to a login.
type Tokens struct {
	AccessToken  string `json:"access_token" doc:"Goes into the header Authorization: Bearer." log:"hash"`
	RefreshToken string `json:"refresh_token" doc:"Redeemed once, at POST /oauth/token, for the next two tokens." log:"hash"`
	TokenType    string `json:"token_type" enum:"Bearer" doc:"Always Bearer."`
	ExpiresIn    int64  `json:"expires_in" doc:"The access token's life in seconds."`
}

// Login opens a session. Every failure is one and the same 401. Where the product asks
// for confirmed e-mails (SSO_CONFIRMATION), the right password of another account is a
// 403 email_unconfirmed: a login by a mailed code confirms the e-mail as well.
var Login = api.POST[LoginInput, Tokens](Module, "/sso/v1/login",
	auth.Public("a login is how one gets a token"), "Log in by password").
	MaxBody(smallBody).Timeout(passwordTimeout)

// LoginByCodeInput is the input of [LoginByCode].
type LoginByCodeInput struct {
	Origin

	Body Response
}

// LoginByCode opens a session for who has the code of [SendCode]. Every failure is one and
// the same 401 wrong_code. A code that was mailed confirms the e-mail; if nobody had
// confirmed it before, every way to log in and every session ends that somebody else may
// have made who registered with it; the owner is told by mail if a password was among them.
var LoginByCode = api.POST[LoginByCodeInput, Tokens](Module, "/sso/v1/login/code",
	auth.Public("a login is how one gets a token"), "Log in by a code").MaxBody(smallBody)
