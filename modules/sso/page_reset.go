package sso

import (
	"net/http"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/modules/sso/internal/pages"
	"github.com/slipway-go/slipway/modules/sso/ssoapi"
)

// showReset asks whose password is to be reset, or for the code that was mailed and the
// new one.
func (b *browser) showReset(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	back := b.back(r, query.Get("return_to"))
	if id, ok := challengeOf(r); ok {
		b.show(w, r, http.StatusOK, newPasswordForm(back, id, pages.Faults{}))
		return nil
	}
	b.show(w, r, http.StatusOK, resetForm(back, query.Get("login_hint"), pages.Faults{}))
	return nil
}

func (b *browser) startReset(w http.ResponseWriter, r *http.Request) error {
	back, email := b.back(r, r.PostFormValue("return_to")), r.PostFormValue("email")
	sent, err := ask(b, r, visitor{}, ssoapi.StartReset, ssoapi.StartResetInput{Body: ssoapi.ResetRequest{Email: email}})
	if err != nil {
		return b.again(w, r, err, func(f pages.Faults) pages.Page { return resetForm(back, email, f) })
	}
	seeOther(w, r, withChallenge(resetPage, sent, back))
	return nil
}

func (b *browser) finishReset(w http.ResponseWriter, r *http.Request) error {
	back := b.back(r, r.PostFormValue("return_to"))
	id, _ := challengeOf(r) // that of nobody is refused like a wrong code
	err := checkDigits(r)
	if err == nil {
		_, err = ask(b, r, visitor{}, ssoapi.FinishReset, ssoapi.FinishResetInput{
			ID: id, Body: ssoapi.NewPassword{Code: digits(r), Password: r.PostFormValue("password")},
		})
	}
	if err != nil {
		return b.again(w, r, err, func(f pages.Faults) pages.Page { return newPasswordForm(back, id, f) })
	}
	b.Forget(w) // its session has ended with all others
	seeOther(w, r, withDone(back.To(loginPage), "reset"))
	return nil
}

func resetForm(back pages.Return, email string, f pages.Faults) pages.Page {
	return pages.Form{
		Return: back, Title: "Choose a new password", Intro: "We mail you a code of six digits, by which you choose a new one.",
		Action: resetPage, Submit: "Mail me a code", Faults: f, Fields: []pages.Field{emailField(email)},
		Links: []pages.Link{{Text: "Log in another way", To: back.To(loginPage)}},
	}
}

func newPasswordForm(back pages.Return, challenge uuid.UUID, f pages.Faults) pages.Page {
	form := codeForm(challenge, f)
	form.Return, form.Title, form.Action, form.Submit = back, "Choose a new password", newPasswordPage, "Change the password"
	form.Intro = "If there is an account with this e-mail, we have mailed it a code of six digits. It is good for five minutes."
	password := newPasswordField()
	password.Label = "New password"
	form.Fields = append(form.Fields, password)
	form.Links = []pages.Link{{Before: "No mail?", Text: "Have another one sent", To: back.To(resetPage)}}
	return form
}
