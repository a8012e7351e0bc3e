package ssoapi

import (
	"github.com/google/uuid"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
)

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
	UserID       uuid.UUID  `json:"user_id" doc:"The sub of the person's tokens."`
	Confirmation *Challenge `json:"confirmation,omitempty" doc:"What the code answers that was mailed to the person; see POST /sso/v1/confirmations. Absent when none was mailed."`
	ConfirmAfter int64      `json:"confirm_after,omitempty" doc:"Instead of it, when too many codes were mailed there: in how many seconds one can be asked for."`
}

// Register opens an account with the default role.
//
// An e-mail that is taken is a 409: people who forgot that they have an account
// expect to be told. It does tell who has one; the rate per address bounds how
// many can be tried. Only confirmation by mail could hide it. What no schema can
// say of an e-mail, a name or a password is a 422 registration_refused. An e-mail to which
// too many codes were mailed gets none for now, and the account is opened all the same.
var Register = api.POST[RegisterInput, Registered](Module, "/sso/v1/registrations",
	auth.Public("nobody has an account before opening one"), "Open an account").
	Status(201).MaxBody(smallBody).Timeout(passwordTimeout)

// ConfirmInput is the input of [Confirm].
type ConfirmInput struct {
	Origin

	Body Response
}

// Confirm confirms the e-mail of an account: with the challenge of [Register] or
// [ResendConfirmation] and the code that was mailed. A code that is wrong, old or used
// is a 422 wrong_code.
var Confirm = api.POST[ConfirmInput, api.Empty](Module, "/sso/v1/confirmations",
	auth.Public("the code shows whose the e-mail is"), "Confirm an e-mail by its code").MaxBody(smallBody)

// ResendInput is the input of [ResendConfirmation].
type ResendInput struct{ Origin }

// ResendConfirmation mails another code to the caller's address; an e-mail that is
// confirmed already is a 409 email_confirmed.
var ResendConfirmation = api.POST[ResendInput, Challenge](Module, "/sso/v1/confirmations/resend",
	auth.SignedIn(), "Mail another code to confirm an e-mail").Status(201)
