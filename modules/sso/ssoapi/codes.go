package ssoapi

import (
	"github.com/google/uuid"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
)

// A Challenge is what a code answers that was sent to somebody. Whoever has both shows
// that the address is theirs.
type Challenge struct {
	ChallengeID uuid.UUID `json:"challenge_id" doc:"Goes back with the code."`
	ExpiresIn   int64     `json:"expires_in" doc:"How long the code can be used, in seconds. It can be tried five times, or once where many were sent."`
}

// A Response is the code to a challenge.
type Response struct {
	ChallengeID uuid.UUID `json:"challenge_id" doc:"That of the challenge."`
	Code        string    `json:"code" maxLength:"6" minLength:"6" pattern:"^[0-9]{6}$" doc:"The six digits that were sent." example:"123456" log:"drop"`
}

// SendCodeInput is the input of [SendCode].
type SendCodeInput struct {
	Origin

	Body Recipient
}

// A Recipient is where a code goes.
type Recipient struct {
	Channel string `json:"channel" enum:"mail,sms" doc:"How: mail, or sms where the product sends text messages."`
	To      string `json:"to" maxLength:"254" minLength:"3" doc:"An e-mail, or a phone in international form (E.164)." example:"ada@example.com"`
}

// SendCode sends a code to log in by, if the address belongs to an account; the answer is
// the same if not. What is no address, or a phone to which nothing is sent, is a 422
// address_refused; too many for one address, or from one, are a 429.
var SendCode = api.POST[SendCodeInput, Challenge](Module, "/sso/v1/codes",
	auth.Public("a code is how one gets a token"), "Send a code to log in by").Status(201).MaxBody(smallBody)

// StartResetInput is the input of [StartReset].
type StartResetInput struct {
	Origin

	Body ResetRequest
}

// A ResetRequest names whose password is to be reset.
type ResetRequest struct {
	Email string `json:"email" maxLength:"254" minLength:"3" doc:"The e-mail of the account." example:"ada@example.com"`
}

// StartReset mails a code to choose a new password by, if the e-mail has an account; the
// answer is the same if not.
var StartReset = api.POST[StartResetInput, Challenge](Module, "/sso/v1/password-resets",
	auth.Public("who has forgotten a password cannot log in"), "Mail a code to choose a new password by").Status(201).MaxBody(smallBody)

// FinishResetInput is the input of [FinishReset].
type FinishResetInput struct {
	Origin

	ID   uuid.UUID `path:"id" doc:"The challenge_id of the request."`
	Body NewPassword
}

// A NewPassword is a password to be, and the code that allows it.
type NewPassword struct {
	Code     string `json:"code" maxLength:"6" minLength:"6" pattern:"^[0-9]{6}$" doc:"The six digits that were mailed." example:"123456" log:"drop"`
	Password string `json:"password" maxLength:"256" minLength:"8" format:"password" doc:"8 to 256 characters and none of the common ones." log:"drop"`
}

// FinishReset sets the password, confirms the e-mail and ends every session of the
// account; if nobody had confirmed the e-mail before, also every other way to log in. A code that is wrong, old or used is a 422 wrong_code, and a password that
// is guessed first a 422 password_refused, which leaves the code as it is.
var FinishReset = api.POST[FinishResetInput, api.Empty](Module, "/sso/v1/password-resets/{id}",
	auth.Public("the code shows whose the account is"), "Choose a new password").MaxBody(smallBody).Timeout(passwordTimeout)
