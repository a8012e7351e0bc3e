package sso

import (
	"net/http"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/modules/sso/internal/pages"
	"github.com/slipway-go/slipway/modules/sso/ssoapi"
	"github.com/slipway-go/slipway/problem"
)

func (b *browser) showName(w http.ResponseWriter, r *http.Request, v visitor) error {
	me, err := ask(b, r, v, ssoapi.GetMe, api.Empty{})
	if err == nil {
		b.show(w, r, http.StatusOK, nameForm(me.Name, pages.Faults{}))
	}
	return err
}

func (b *browser) changeName(w http.ResponseWriter, r *http.Request, v visitor) error {
	name := r.PostFormValue("name")
	_, err := ask(b, r, v, ssoapi.UpdateMe, ssoapi.UpdateMeInput{Body: ssoapi.ProfileChange{Name: name}})
	if err != nil {
		return b.again(w, r, err, func(f pages.Faults) pages.Page { return nameForm(name, f) })
	}
	seeOther(w, r, withDone(accountPage, "name"))
	return nil
}

func nameForm(name string, f pages.Faults) pages.Page {
	return pages.Form{
		Title: "Change your name", Action: namePage, Submit: "Change it", Faults: f, Fields: []pages.Field{nameField(name)}, Links: toAccount(),
	}
}

func toAccount() []pages.Link { return []pages.Link{{Text: "Back to your account", To: accountPage}} }

func (b *browser) showPassword(w http.ResponseWriter, r *http.Request, v visitor) error {
	me, err := ask(b, r, v, ssoapi.GetMe, api.Empty{})
	if err == nil {
		b.show(w, r, http.StatusOK, passwordForm(me.Email, pages.Faults{}))
	}
	return err
}

func (b *browser) changePassword(w http.ResponseWriter, r *http.Request, v visitor) error {
	username := r.PostFormValue("username") // for its form alone
	given := ssoapi.PasswordChange{Current: r.PostFormValue("current"), Password: r.PostFormValue("password")}
	if _, err := ask(b, r, v, ssoapi.ChangePassword, ssoapi.ChangePasswordInput{Body: given}); err != nil {
		return b.again(w, r, err, func(f pages.Faults) pages.Page { return passwordForm(username, f) })
	}
	seeOther(w, r, withDone(accountPage, "password"))
	return nil
}

func passwordForm(username string, f pages.Faults) pages.Page {
	chosen := newPasswordField()
	chosen.Label = "New password"
	return pages.Form{
		Title: "Change your password", Intro: "You are logged out everywhere else then.", Action: passwordPage, Submit: "Change it", Faults: f, Username: username,
		Fields: []pages.Field{
			{Name: "current", Label: "Present password", Type: "password", Autocomplete: "current-password", MaxLength: maxPassword},
			chosen,
		},
		Links: toAccount(),
	}
}

// showEmail asks for the new address, or for the code that went there.
func (b *browser) showEmail(w http.ResponseWriter, r *http.Request, _ visitor) error {
	if id, ok := challengeOf(r); ok {
		b.show(w, r, http.StatusOK, newEmailCodeForm(id, pages.Faults{}))
		return nil
	}
	b.show(w, r, http.StatusOK, newEmailForm("", pages.Faults{}))
	return nil
}

func (b *browser) changeEmail(w http.ResponseWriter, r *http.Request, v visitor) error {
	email := r.PostFormValue("email")
	sent, err := ask(b, r, v, ssoapi.ChangeEmail, ssoapi.ChangeEmailInput{Body: ssoapi.EmailChange{Email: email}})
	if err != nil {
		return b.again(w, r, err, func(f pages.Faults) pages.Page { return newEmailForm(email, f) })
	}
	seeOther(w, r, withChallenge(emailPage, sent, pages.Return{}))
	return nil
}

func (b *browser) confirmNewEmail(w http.ResponseWriter, r *http.Request, v visitor) error {
	id, _ := challengeOf(r) // that of nobody is refused like a wrong code
	err := checkDigits(r)
	if err == nil {
		_, err = ask(b, r, v, ssoapi.ConfirmEmail, ssoapi.ConfirmInput{Body: ssoapi.Response{ChallengeID: id, Code: digits(r)}})
	}
	if err != nil {
		return b.again(w, r, err, func(f pages.Faults) pages.Page { return newEmailCodeForm(id, f) })
	}
	seeOther(w, r, withDone(accountPage, "email"))
	return nil
}

func newEmailForm(email string, f pages.Faults) pages.Page {
	field := emailField(email)
	field.Label = "New e-mail"
	return pages.Form{
		Title: "Change your e-mail", Intro: "We mail a code of six digits to the new address.", Action: emailPage, Submit: "Mail me a code", Faults: f,
		Fields: []pages.Field{field}, Links: toAccount(),
	}
}

func newEmailCodeForm(challenge uuid.UUID, f pages.Faults) pages.Page {
	form := codeForm(challenge, f)
	form.Title, form.Action, form.Submit, form.Links = "Confirm your new e-mail", emailCodePage, "Confirm", toAccount()
	form.Intro = "We have mailed a code of six digits to the new address. It is good for five minutes."
	return form
}

func (b *browser) showClose(w http.ResponseWriter, r *http.Request, v visitor) error {
	me, err := ask(b, r, v, ssoapi.GetMe, api.Empty{})
	if err == nil {
		b.show(w, r, http.StatusOK, closeForm(me.Email, pages.Faults{}))
	}
	return err
}

// closeForm has the e-mail typed: one press of a button is too little for what nobody can undo.
func closeForm(email string, f pages.Faults) pages.Page {
	field := emailField("")
	field.Label, field.Autocomplete, field.Hint = "Your e-mail", "off", "Write "+email+" here, to show that you mean it."
	return pages.Form{
		Title: "Close your account?", Intro: "All that we know of how you log in is deleted, and nobody can undo it.",
		Action: closePage, Submit: "Close my account", Faults: f, Fields: []pages.Field{field}, Links: toAccount(),
	}
}

func (b *browser) closeAccount(w http.ResponseWriter, r *http.Request, v visitor) error {
	me, err := ask(b, r, v, ssoapi.GetMe, api.Empty{})
	if err != nil {
		return err
	}
	form := func(f pages.Faults) pages.Page { return closeForm(me.Email, f) }
	if typed, err := parseEmail(r.PostFormValue("email")); err != nil || typed != me.Email {
		refused := problem.Unprocessable("the account is still open; see errors").WithCode("not_meant").WithField("email", "is not your e-mail")
		return b.again(w, r, refused, form)
	}
	if _, err := ask(b, r, v, ssoapi.CloseMe, api.Empty{}); err != nil {
		return b.again(w, r, err, form)
	}
	b.Forget(w)
	seeOther(w, r, withDone(loginPage, "closed"))
	return nil
}
