package ssoapi

import (
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
)

// pagesAccess is that of every page: it shows what belongs to the browser's own session,
// and asks to log in where there is none.
var pagesAccess = auth.Public("a page for browsers, which come with a cookie and not with a token")

// LoginPage and the routes below are pages; a form is answered by the next page.
var (
	LoginPage = api.Handler(Module, "GET /sso/login", pagesAccess, "Page: log in")
	LoginForm = api.Handler(Module, "POST /sso/login", pagesAccess, "Page: log in by password")
	// PasskeyForm is sent by the login page's script, as JSON: a PasskeyProof with
	// return_to beside it. The answer names where to go on.
	PasskeyForm = api.Handler(Module, "POST /sso/passkey", pagesAccess, "Page: log in by a passkey")

	RegisterPage    = api.Handler(Module, "GET /sso/register", pagesAccess, "Page: create an account")
	RegisterForm    = api.Handler(Module, "POST /sso/register", pagesAccess, "Page: create an account and log in")
	ConfirmPage     = api.Handler(Module, "GET /sso/confirm", pagesAccess, "Page: confirm an e-mail")
	ConfirmForm     = api.Handler(Module, "POST /sso/confirm", pagesAccess, "Page: confirm an e-mail by its code")
	ResendForm      = api.Handler(Module, "POST /sso/confirm/another", pagesAccess, "Page: mail another code to confirm by")
	CodePage        = api.Handler(Module, "GET /sso/code", pagesAccess, "Page: log in by a code")
	CodeForm        = api.Handler(Module, "POST /sso/code", pagesAccess, "Page: send a code to log in by")
	CodeLoginForm   = api.Handler(Module, "POST /sso/code/login", pagesAccess, "Page: log in by the code")
	ResetPage       = api.Handler(Module, "GET /sso/reset", pagesAccess, "Page: choose a new password")
	ResetForm       = api.Handler(Module, "POST /sso/reset", pagesAccess, "Page: mail a code to choose a new password by")
	NewPasswordForm = api.Handler(Module, "POST /sso/reset/password", pagesAccess, "Page: set the new password")

	LogoutPage = api.Handler(Module, "GET /sso/logout", pagesAccess, "Page: log out")
	LogoutForm = api.Handler(Module, "POST /sso/logout", pagesAccess, "Page: end the browser's session")

	AccountPage       = api.Handler(Module, "GET /sso/account", pagesAccess, "Page: your account")
	EndSessionForm    = api.Handler(Module, "POST /sso/account/sessions", pagesAccess, "Page: log one of your devices out")
	EndSessionsForm   = api.Handler(Module, "POST /sso/account/sessions/others", pagesAccess, "Page: log out everywhere else")
	NamePage          = api.Handler(Module, "GET /sso/account/name", pagesAccess, "Page: your name")
	NameForm          = api.Handler(Module, "POST /sso/account/name", pagesAccess, "Page: change your name")
	PasswordPage      = api.Handler(Module, "GET /sso/account/password", pagesAccess, "Page: your password")
	PasswordForm      = api.Handler(Module, "POST /sso/account/password", pagesAccess, "Page: change your password")
	EmailPage         = api.Handler(Module, "GET /sso/account/email", pagesAccess, "Page: your e-mail")
	EmailForm         = api.Handler(Module, "POST /sso/account/email", pagesAccess, "Page: mail a code to your new e-mail")
	EmailCodeForm     = api.Handler(Module, "POST /sso/account/email/confirm", pagesAccess, "Page: confirm your new e-mail by its code")
	ClosePage         = api.Handler(Module, "GET /sso/account/close", pagesAccess, "Page: close your account?")
	CloseForm         = api.Handler(Module, "POST /sso/account/close", pagesAccess, "Page: close your account")
	DeletePasskeyForm = api.Handler(Module, "POST /sso/account/passkeys", pagesAccess, "Page: delete a passkey of yours")
)

// Assets are what the pages look like.
var Assets = api.Handler(Module, "GET /sso/assets/{file}", auth.Public("style sheets and scripts hold nobody's data"), "Assets of the pages")
