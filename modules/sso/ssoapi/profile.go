package ssoapi

import (
	"time"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
)

// A Profile is what an account tells its owner.
type Profile struct {
	UserID         uuid.UUID `json:"user_id" format:"uuid" doc:"The sub of the person's tokens."`
	Email          string    `json:"email" doc:"The address to log in with."`
	EmailConfirmed bool      `json:"email_confirmed" doc:"Whether the owner has shown that it is theirs."`
	Phone          string    `json:"phone,omitempty" doc:"The confirmed phone, in international form (E.164); absent without one."`
	Name           string    `json:"name" doc:"How to address the person."`
	HasPassword    bool      `json:"has_password" doc:"Whether one can log in by a password; a password reset sets one."`
	CreatedAt      time.Time `json:"created_at" doc:"When the account was opened."`
}

// GetMe returns the profile of whoever asks.
var GetMe = api.GET[api.Empty, Profile](Module, "/sso/v1/me", auth.SignedIn(), "See your account")

// UpdateMeInput is the input of [UpdateMe].
type UpdateMeInput struct{ Body ProfileChange }

// A ProfileChange is what people change about themselves without further ado.
type ProfileChange struct {
	Name string `json:"name" maxLength:"100" minLength:"1" doc:"How to address the person." example:"Ada"`
}

// UpdateMe changes the name. A name of white space or control characters is a 422
// name_refused.
var UpdateMe = api.PATCH[UpdateMeInput, Profile](Module, "/sso/v1/me", auth.SignedIn(), "Change your account").MaxBody(smallBody)

// CloseMe deletes the account with all that the SSO knows of it, and ends its sessions.
// What other modules keep under the user's id is theirs to delete. The last account that
// may say who has which role stays: 409 last_admin.
var CloseMe = api.DELETE[api.Empty, api.Empty](Module, "/sso/v1/me", auth.SignedIn().Fresh(identityFresh), "Close your account")

// ChangePasswordInput is the input of [ChangePassword].
type ChangePasswordInput struct {
	Origin

	Body PasswordChange
}

// A PasswordChange is a new password, and the present one.
type PasswordChange struct {
	Current  string `json:"current" maxLength:"256" minLength:"1" format:"password" doc:"The present password." log:"drop"`
	Password string `json:"password" maxLength:"256" minLength:"8" format:"password" doc:"The new one: 8 to 256 characters and none of the common ones." log:"drop"`
}

// ChangePassword sets the password and ends every other session. A wrong present one is a
// 422 wrong_password, which slows down like a failed login; an account without a
// password is a 409 no_password, and a password that is guessed first, or is the present one, a 422
// password_refused.
var ChangePassword = api.PUT[ChangePasswordInput, api.Empty](Module, "/sso/v1/password",
	auth.SignedIn(), "Change your password").MaxBody(smallBody).Timeout(passwordTimeout)

// ChangeEmailInput is the input of [ChangeEmail].
type ChangeEmailInput struct {
	Origin

	Body EmailChange
}

// An EmailChange is an e-mail to be.
type EmailChange struct {
	Email string `json:"email" maxLength:"254" minLength:"3" doc:"The new address." example:"ada@example.com"`
}

// ChangeEmail mails a code to the new address, for [ConfirmEmail].
var ChangeEmail = api.POST[ChangeEmailInput, Challenge](Module, "/sso/v1/me/email",
	auth.SignedIn().Fresh(identityFresh), "Mail a code to your new e-mail").Status(201).MaxBody(smallBody)

// ConfirmEmail makes the address the account's, which it confirms; the old one is told.
// An e-mail that has another account is a 409 email_taken.
var ConfirmEmail = api.POST[ConfirmInput, api.Empty](Module, "/sso/v1/me/email/confirm",
	auth.SignedIn().Fresh(identityFresh), "Confirm your new e-mail by its code").MaxBody(smallBody)

// ChangePhoneInput is the input of [ChangePhone].
type ChangePhoneInput struct {
	Origin

	Body PhoneChange
}

// A PhoneChange is a phone to be.
type PhoneChange struct {
	Phone string `json:"phone" maxLength:"32" minLength:"3" doc:"The new mobile phone, in international form (E.164)." example:"+4915112345678"`
}

// ChangePhone sends a code to the new phone, for [ConfirmPhone]. A phone to which nothing
// is sent is a 422 address_refused, and an account whose e-mail is not confirmed a 409
// email_unconfirmed.
var ChangePhone = api.POST[ChangePhoneInput, Challenge](Module, "/sso/v1/me/phone",
	auth.SignedIn().Fresh(identityFresh), "Send a code to your new phone").Status(201).MaxBody(smallBody)

// ConfirmPhone makes the phone the account's; the owner is told by mail. A phone that has
// another account is a 409 phone_taken.
var ConfirmPhone = api.POST[ConfirmInput, api.Empty](Module, "/sso/v1/me/phone/confirm",
	auth.SignedIn().Fresh(identityFresh), "Confirm your new phone by its code").MaxBody(smallBody)

// RemovePhone takes the phone from the account; the owner is told by mail.
var RemovePhone = api.DELETE[api.Empty, api.Empty](Module, "/sso/v1/me/phone",
	auth.SignedIn().Fresh(identityFresh), "Remove your phone")
