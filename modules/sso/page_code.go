package sso

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/modules/sso/internal/pages"
	"github.com/slipway-go/slipway/modules/sso/internal/session"
	"github.com/slipway-go/slipway/modules/sso/ssoapi"
	"github.com/slipway-go/slipway/problem"
)

// showCode asks where a code is to go, or for the code that went there.
func (b *browser) showCode(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	back := b.back(r, query.Get("return_to"))
	if id, ok := challengeOf(r); ok {
		b.show(w, r, http.StatusOK, loginCodeForm(back, id, pages.Faults{}))
		return nil
	}
	b.show(w, r, http.StatusOK, b.recipientForm(back, query.Get("login_hint"), pages.Faults{}))
	return nil
}

// sendCode sends a code to log in by.
func (b *browser) sendCode(w http.ResponseWriter, r *http.Request) error {
	back, to := b.back(r, r.PostFormValue("return_to")), r.PostFormValue("to")
	var sent ssoapi.Challenge
	channel, err := b.channelOf(to)
	if err == nil {
		sent, err = ask(b, r, visitor{}, ssoapi.SendCode, ssoapi.SendCodeInput{Body: ssoapi.Recipient{Channel: string(channel), To: to}})
	}
	if err != nil {
		return b.again(w, r, err, func(f pages.Faults) pages.Page { return b.recipientForm(back, to, f) })
	}
	seeOther(w, r, withChallenge(codePage, sent, back))
	return nil
}

// channelOf tells an e-mail from a phone, where text messages are sent.
func (b *browser) channelOf(address string) (Channel, error) {
	switch {
	case strings.Contains(address, "@") || !b.sendsSMS():
		return Mail, nil
	case likePhone.MatchString(address):
		return SMS, nil
	}
	return "", problem.Unprocessable("nothing can be sent there; see errors").WithCode("address_refused").
		WithField("to", "is no e-mail such as ada@example.com, and no phone such as +4915112345678")
}

var likePhone = regexp.MustCompile(`^[ +0-9()./-]+$`)

func (b *browser) sendsSMS() bool { return len(b.sso.cfg.Messages.SMSCountries) > 0 }

// loginByCode logs in who has the code.
func (b *browser) loginByCode(w http.ResponseWriter, r *http.Request) error {
	back := b.back(r, r.PostFormValue("return_to"))
	id, _ := challengeOf(r) // that of nobody is refused like a wrong code
	err := checkDigits(r)
	if err == nil {
		var user account
		if user, err = b.sso.authenticateByCode(r.Context(), id, digits(r), ssoapi.OriginOf(r)); err == nil {
			err = b.begin(w, r, user, session.Code)
		}
	}
	if err != nil {
		return b.again(w, r, err, func(f pages.Faults) pages.Page { return loginCodeForm(back, id, f) })
	}
	seeOther(w, r, onward(back))
	return nil
}

func (b *browser) recipientForm(back pages.Return, to string, f pages.Faults) pages.Page {
	field := pages.Field{Name: "to", Label: "E-mail", Type: "email", Autocomplete: "username", Value: cutText(to, maxEmail), MaxLength: maxEmail}
	intro := "We mail you a code of six digits."
	if b.sendsSMS() {
		field.Label, field.Type, field.Hint = "E-mail or phone", "text", "A phone begins with + and the number of its country."
		intro = "We send you a code of six digits."
	}
	return pages.Form{
		Return: back, Title: "Log in with a code", Intro: intro, Action: codePage, Submit: "Send the code", Faults: f, Fields: []pages.Field{field},
		Links: []pages.Link{{Text: "Log in another way", To: back.To(loginPage)}},
	}
}

func loginCodeForm(back pages.Return, challenge uuid.UUID, f pages.Faults) pages.Page {
	form := codeForm(challenge, f)
	form.Return, form.Title, form.Action, form.Submit = back, "Enter the code", codeLoginPage, "Log in"
	form.Intro = "If there is an account of yours, we have sent it a code of six digits. It is good for five minutes."
	form.Links = []pages.Link{
		{Before: "Nothing came?", Text: "Have another one sent", To: back.To(codePage)},
		{Text: "Log in another way", To: back.To(loginPage)},
	}
	return form
}

// codeForm is a form that asks for the code of a challenge.
func codeForm(challenge uuid.UUID, f pages.Faults) pages.Form {
	return pages.Form{Faults: f, Hidden: map[string]string{"challenge": challenge.String()}, Fields: []pages.Field{codeField()}}
}

func codeField() pages.Field {
	return pages.Field{Name: "code", Label: "Code", Autocomplete: "one-time-code", Mode: "numeric", MaxLength: 7}
}

// challengeOf returns the challenge that a page is about.
func challengeOf(r *http.Request) (uuid.UUID, bool) {
	id, err := uuid.Parse(r.FormValue("challenge"))
	return id, err == nil
}

func withChallenge(page string, c ssoapi.Challenge, back pages.Return) string {
	query := url.Values{"challenge": {c.ChallengeID.String()}}
	if back.Path != "" {
		query.Set("return_to", back.Path)
	}
	return page + "?" + query.Encode()
}

var sixDigits = regexp.MustCompile(`^[0-9]{6}$`)

// digits is the code without the space that mails and people put into it.
func digits(r *http.Request) string {
	return strings.ReplaceAll(strings.TrimSpace(r.PostFormValue("code")), " ", "")
}

// checkDigits spares people a try of their code when it is none.
func checkDigits(r *http.Request) error {
	if sixDigits.MatchString(digits(r)) {
		return nil
	}
	return problem.Unprocessable("the code has six digits").WithCode("no_code").WithField("code", "write the six digits, such as 123456")
}
