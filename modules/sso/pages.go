package sso

import (
	"errors"
	"maps"
	"net/http"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/modules/sso/internal/pages"
	"github.com/slipway-go/slipway/modules/sso/ssoapi"
	"github.com/slipway-go/slipway/problem"
)

func (s *service) handlePages(m *slipway.Setup) {
	b := s.browser
	for route, h := range map[*api.Mounted]pageHandler{
		ssoapi.LoginPage:  b.showLogin,
		ssoapi.LoginForm:  b.login,
		ssoapi.LogoutPage: b.showLogout,
		ssoapi.LogoutForm: b.logout,

		ssoapi.RegisterPage:    b.showRegister,
		ssoapi.RegisterForm:    b.register,
		ssoapi.ConfirmPage:     b.showConfirm,
		ssoapi.ConfirmForm:     b.confirm,
		ssoapi.ResendForm:      b.signedIn(b.resend),
		ssoapi.CodePage:        b.showCode,
		ssoapi.CodeForm:        b.sendCode,
		ssoapi.CodeLoginForm:   b.loginByCode,
		ssoapi.ResetPage:       b.showReset,
		ssoapi.ResetForm:       b.startReset,
		ssoapi.NewPasswordForm: b.finishReset,

		ssoapi.AccountPage:       b.signedIn(b.showAccount),
		ssoapi.EndSessionForm:    b.change("session", b.endSession),
		ssoapi.EndSessionsForm:   b.change("sessions", b.endOtherSessions),
		ssoapi.DeletePasskeyForm: b.change("passkey", b.deletePasskey),
		ssoapi.NamePage:          b.signedIn(b.showName),
		ssoapi.NameForm:          b.signedIn(b.changeName),
		ssoapi.PasswordPage:      b.signedIn(b.showPassword),
		ssoapi.PasswordForm:      b.signedIn(b.changePassword),
		ssoapi.EmailPage:         b.fresh(ssoapi.ChangeEmail.Access(), b.showEmail),
		ssoapi.EmailForm:         b.fresh(ssoapi.ChangeEmail.Access(), b.changeEmail),
		ssoapi.EmailCodeForm:     b.fresh(ssoapi.ConfirmEmail.Access(), b.confirmNewEmail),
		ssoapi.ClosePage:         b.fresh(ssoapi.CloseMe.Access(), b.showClose),
		ssoapi.CloseForm:         b.fresh(ssoapi.CloseMe.Access(), b.closeAccount),
	} {
		api.Mount(m, route, b.page(h))
	}
	api.Mount(m, ssoapi.PasskeyForm, http.HandlerFunc(b.loginByPasskey))
	api.Mount(m, ssoapi.Assets, b.pages.Assets())
}

// A pageHandler answers with a page, or returns why it cannot.
type pageHandler func(http.ResponseWriter, *http.Request) error

// page refuses forms of other websites, and shows errors as pages.
func (b *browser) page(h pageHandler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := b.OwnForm(r); err != nil {
			b.fail(w, r, err)
			return
		}
		if err := h(w, r); err != nil {
			b.fail(w, r, err)
		}
	})
}

func foreignForm(err error) error {
	if err == nil {
		return nil
	}
	return problem.Forbidden("this form was not sent from our own page; open the page again and send it there").WithCode("foreign_form").Wrap(err)
}

// show answers with a page.
func (b *browser) show(w http.ResponseWriter, r *http.Request, status int, p pages.Page) {
	if err := b.pages.Write(w, status, p); err != nil {
		api.Fail(w, r, err)
	}
}

// fail answers with a page that tells what is wrong.
func (b *browser) fail(w http.ResponseWriter, r *http.Request, err error) {
	p := problem.From(err)
	if _, reported := errors.AsType[apiError](err); !reported {
		p = api.Note(r, err)
	}
	m := pages.Message{Title: "That did not work", Text: sentence(p.Detail()), Bad: true}
	if !p.Expected() {
		m = pages.Message{Title: "Something went wrong", Text: "It is not your fault. Please try again in a moment.", Bad: true, Trace: api.TraceID(r)}
	}
	m.Links = []pages.Link{{Text: "Go to your account", To: accountPage}}
	maps.Copy(w.Header(), p.Headers())
	b.show(w, r, p.Status(), m)
}

// again shows the form with what is wrong with it, if the person can do better;
// anything else is an error.
func (b *browser) again(w http.ResponseWriter, r *http.Request, err error, form func(pages.Faults) pages.Page) error {
	p, ok := errors.AsType[*problem.Error](err)
	if !ok || !p.Expected() {
		return err
	}
	p = api.Note(r, err)
	maps.Copy(w.Header(), p.Headers())
	b.show(w, r, p.Status(), form(faultsOf(p)))
	return nil
}

// faultsOf puts what is wrong with "body.email" beside the field email.
func faultsOf(p *problem.Error) pages.Faults {
	f := pages.Faults{Summary: sentence(p.Detail()), Fields: map[string]string{}}
	if _, marked := strings.CutSuffix(p.Detail(), "; see errors"); marked || api.RefusesForm(p) {
		f.Summary = "Please correct what is marked."
	}
	for _, field := range p.Fields() {
		name := field.Location[strings.LastIndexByte(field.Location, '.')+1:]
		f.Fields[name] = sentence(plain(field.Message))
	}
	return f
}

// ofLength is how the API speaks of a text that is too short or too long.
var ofLength = regexp.MustCompile(`^expected length (>=|<=) (\d+)$`)

// plain says for a person what is said of a field: a length without signs, and the rest
// with its subject, which stands elsewhere in a problem.
func plain(words string) string {
	length := ofLength.FindStringSubmatch(words)
	switch {
	case length == nil && startsWithVerb.MatchString(words):
		return "this " + words
	case length == nil:
		return words
	case length[1] == "<=":
		return "use " + length[2] + " characters at most"
	case length[2] == "1":
		return "fill this in"
	}
	return "use " + length[2] + " characters or more"
}

var startsWithVerb = regexp.MustCompile(`^(is|has|belongs|repeats) `)

// sentence makes one of a problem's words.
func sentence(words string) string {
	if words == "" {
		return ""
	}
	first, size := utf8.DecodeRuneInString(words)
	text := string(unicode.ToUpper(first)) + words[size:]
	if strings.HasSuffix(text, ".") || strings.HasSuffix(text, "!") || strings.HasSuffix(text, "?") {
		return text
	}
	return text + "."
}

// seeOther leads on after a form, so that going back does not send it again.
func seeOther(w http.ResponseWriter, r *http.Request, to string) {
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, to, http.StatusSeeOther) //nolint:gosec,nolintlint // gosec finds it in some runs only; callers give pages of ours, what returns.read has let pass, or a provider
}
