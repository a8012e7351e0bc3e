package sso

import (
	"net/http"
	"net/url"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/modules/sso/internal/pages"
	"github.com/slipway-go/slipway/modules/sso/internal/session"
	"github.com/slipway-go/slipway/modules/sso/ssoapi"
)

func (b *browser) showRegister(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	b.show(w, r, http.StatusOK, registerForm(b.back(r, query.Get("return_to")), ssoapi.Registration{Email: query.Get("login_hint")}, pages.Faults{}))
	return nil
}

// register opens the account and logs its owner in, who then confirms the e-mail; where
// the product asks for that, it comes before the login.
func (b *browser) register(w http.ResponseWriter, r *http.Request) error {
	back := b.back(r, r.PostFormValue("return_to"))
	given := ssoapi.Registration{Email: r.PostFormValue("email"), Name: r.PostFormValue("name"), Password: r.PostFormValue("password")}
	opened, err := ask(b, r, visitor{}, ssoapi.Register, ssoapi.RegisterInput{Body: given})
	if err != nil {
		return b.again(w, r, err, func(f pages.Faults) pages.Page { return registerForm(back, given, f) })
	}
	if !b.confirmsFirst() {
		if err := b.begin(w, r, account{id: opened.UserID}, session.Password); err != nil {
			return err
		}
	}
	switch {
	case opened.Confirmation != nil:
		seeOther(w, r, withChallenge(confirmPage, *opened.Confirmation, back))
	case b.confirmsFirst():
		seeOther(w, r, withDone(back.To(loginPage), "unsent"))
	default:
		seeOther(w, r, onward(back))
	}
	return nil
}

// confirmsFirst reports whether nobody logs in by password before their e-mail is confirmed.
func (b *browser) confirmsFirst() bool { return b.sso.cfg.Confirmation == confirmationRequired }

func registerForm(back pages.Return, given ssoapi.Registration, f pages.Faults) pages.Page {
	return pages.Form{
		Return: back, Title: "Create an account", Action: registerPage, Submit: "Create account", Faults: f,
		Fields: []pages.Field{
			nameField(given.Name),
			emailField(given.Email),
			newPasswordField(),
		},
		Links: []pages.Link{{Before: "You have an account?", Text: "Log in", To: back.To(loginPage)}},
	}
}

func nameField(value string) pages.Field {
	return pages.Field{Name: "name", Label: "Name", Autocomplete: "name", Value: cutText(value, maxName), Hint: "How we address you.", MaxLength: maxName}
}

func emailField(value string) pages.Field {
	return pages.Field{Name: "email", Label: "E-mail", Type: "email", Autocomplete: "username", Value: cutText(value, maxEmail), MaxLength: maxEmail}
}

func newPasswordField() pages.Field {
	return pages.Field{
		Name: "password", Label: "Password", Type: "password", Autocomplete: "new-password", MinLength: minPassword, MaxLength: maxPassword,
		Hint: "8 characters or more; a few random words are easy to keep in mind.",
	}
}

// showConfirm asks for the code that was mailed, or offers to mail another one.
func (b *browser) showConfirm(w http.ResponseWriter, r *http.Request) error {
	back := b.back(r, r.URL.Query().Get("return_to"))
	if id, ok := challengeOf(r); ok {
		b.show(w, r, http.StatusOK, b.confirmForm(back, id, pages.Faults{}))
		return nil
	}
	b.show(w, r, http.StatusOK, resendForm(back, pages.Faults{}))
	return nil
}

// confirm takes the code.
func (b *browser) confirm(w http.ResponseWriter, r *http.Request) error {
	back := b.back(r, r.PostFormValue("return_to"))
	id, _ := challengeOf(r) // of none the API says what is to be said
	err := checkDigits(r)
	if err == nil {
		_, err = ask(b, r, visitor{}, ssoapi.Confirm, ssoapi.ConfirmInput{Body: ssoapi.Response{ChallengeID: id, Code: digits(r)}})
	}
	if err != nil {
		return b.again(w, r, err, func(f pages.Faults) pages.Page { return b.confirmForm(back, id, f) })
	}
	_, loggedIn, err := b.Session(r)
	if err != nil {
		return err
	}
	if loggedIn {
		seeOther(w, r, onwardTelling(back, "email"))
		return nil
	}
	seeOther(w, r, withDone(back.To(loginPage), "email"))
	return nil
}

// resend mails another code.
func (b *browser) resend(w http.ResponseWriter, r *http.Request, v visitor) error {
	back := b.back(r, r.PostFormValue("return_to"))
	sent, err := ask(b, r, v, ssoapi.ResendConfirmation, ssoapi.ResendInput{})
	if err != nil {
		return b.again(w, r, err, func(f pages.Faults) pages.Page { return resendForm(back, f) })
	}
	seeOther(w, r, withChallenge(confirmPage, sent, back))
	return nil
}

func (b *browser) confirmForm(back pages.Return, challenge uuid.UUID, f pages.Faults) pages.Page {
	form := codeForm(challenge, f)
	form.Return, form.Title, form.Action, form.Submit = back, "Confirm your e-mail", confirmPage, "Confirm"
	form.Intro = "We have mailed you a code of six digits. It is good for five minutes."
	form.Links = []pages.Link{{Before: "No mail?", Text: "Have another one sent", To: back.To(confirmPage)}}
	if !b.confirmsFirst() {
		form.Links = append(form.Links, pages.Link{Text: "Do it later", To: onward(back)})
	}
	return form
}

func resendForm(back pages.Return, f pages.Faults) pages.Page {
	return pages.Form{
		Return: back, Title: "Confirm your e-mail", Intro: "We mail you a code of six digits.", Action: resendPage, Submit: "Mail me a code", Faults: f,
		Links: []pages.Link{{Text: "Do it later", To: onward(back)}},
	}
}

// onwardTelling is onward with good news, which only the account page can tell.
func onwardTelling(back pages.Return, news string) string {
	if to := onward(back); to != accountPage {
		return to
	}
	return withDone(accountPage, news)
}

func withDone(page, news string) string {
	u, err := url.Parse(page)
	if err != nil {
		return page // of our own; cannot fail
	}
	query := u.Query()
	query.Set("done", news)
	u.RawQuery = query.Encode()
	return u.String()
}
