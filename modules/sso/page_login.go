package sso

import (
	"cmp"
	"net/http"

	"github.com/slipway-go/slipway/modules/sso/internal/pages"
	"github.com/slipway-go/slipway/modules/sso/internal/session"
	"github.com/slipway-go/slipway/modules/sso/ssoapi"
)

// The pages, as ssoapi declares them.
const (
	loginPage       = "/sso/login"
	logoutPage      = "/sso/logout"
	registerPage    = "/sso/register"
	confirmPage     = "/sso/confirm"
	resendPage      = "/sso/confirm/another"
	codePage        = "/sso/code"
	codeLoginPage   = "/sso/code/login"
	resetPage       = "/sso/reset"
	newPasswordPage = "/sso/reset/password"
	accountPage     = "/sso/account"
	namePage        = "/sso/account/name"
	passwordPage    = "/sso/account/password"
	emailPage       = "/sso/account/email"
	emailCodePage   = "/sso/account/email/confirm"
	closePage       = "/sso/account/close"
)

func (b *browser) showLogin(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	page := b.loginForm(r, b.back(r, query.Get("return_to")), query.Get("login_hint"), pages.Faults{})
	page.Notice = cmp.Or(done[query.Get("done")], again[query.Get("again")])
	b.show(w, r, http.StatusOK, page)
	return nil
}

// login is by e-mail and password.
func (b *browser) login(w http.ResponseWriter, r *http.Request) error {
	back, email := b.back(r, r.PostFormValue("return_to")), r.PostFormValue("email")
	user, err := b.loginByPassword(r, email)
	if err == nil {
		err = b.begin(w, r, user, session.Password)
	}
	if err != nil {
		return b.again(w, r, err, func(f pages.Faults) pages.Page { return b.loginForm(r, back, email, f) })
	}
	seeOther(w, r, onward(back))
	return nil
}

func (b *browser) loginByPassword(r *http.Request, email string) (account, error) {
	if err := b.sso.demo.ensure(r.Context()); err != nil {
		return account{}, err
	}
	from := ssoapi.OriginOf(r)
	return b.sso.authenticate(r.Context(), attempt{
		email: email, password: r.PostFormValue("password"), address: from.Address(b.sso.proxies),
	})
}

func (b *browser) loginForm(r *http.Request, back pages.Return, email string, f pages.Faults) pages.Login {
	named := b.passkeysAt(r)
	return pages.Login{
		Passkeys: named == "", PasskeysAt: named,
		Ways: append([]pages.Link{{Text: "Log in with a code", To: back.To(codePage)}}, b.providerLinks(back)...),
		Form: pages.Form{
			Return: back, Title: "Log in", Action: loginPage, Submit: "Log in", Faults: f,
			Fields: []pages.Field{
				emailField(email),
				{Name: "password", Label: "Password", Type: "password", Autocomplete: "current-password", MaxLength: maxPassword},
			},
			Links: []pages.Link{
				{Text: "Forgot your password?", To: back.To(resetPage)},
				{Before: "No account yet?", Text: "Create one", To: back.To(registerPage)},
			},
		},
	}
}

// How long what a field takes is; see ssoapi.Registration.
const (
	maxEmail    = 254
	minPassword = 8
	maxPassword = 256
	maxName     = 100
)

func cutText(s string, limit int) string { return s[:min(len(s), limit)] }

func (b *browser) showLogout(w http.ResponseWriter, r *http.Request) error {
	if _, found, err := b.Session(r); err != nil {
		return err
	} else if !found {
		b.show(w, r, http.StatusOK, loggedOut())
		return nil
	}
	b.show(w, r, http.StatusOK, logoutForm())
	return nil
}

func logoutForm() pages.Form {
	return pages.Form{
		Title: "Log out?", Intro: "Everything that you have opened with this login is logged out too.", Action: logoutPage, Submit: "Log out",
		Links: []pages.Link{{Text: "Stay logged in", To: accountPage}},
	}
}

// logout ends the session with everything that it has let in.
func (b *browser) logout(w http.ResponseWriter, r *http.Request) error {
	found, ok, err := b.Session(r)
	if err != nil {
		return err
	}
	if ok {
		if err := b.sso.sessions.End(r.Context(), found.ID, "logged out"); err != nil {
			return err
		}
	}
	b.Forget(w)
	b.show(w, r, http.StatusOK, loggedOut())
	return nil
}

func loggedOut() pages.Page {
	return pages.Message{Title: "You are logged out", Text: "You can close this page.", Links: []pages.Link{{Text: "Log in again", To: loginPage}}}
}
