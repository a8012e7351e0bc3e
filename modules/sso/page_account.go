package sso

import (
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/modules/sso/internal/grant"
	"github.com/slipway-go/slipway/modules/sso/internal/pages"
	"github.com/slipway-go/slipway/modules/sso/ssoapi"
	"github.com/slipway-go/slipway/problem"
)

// signedIn is a page for somebody who has logged in; everybody else is asked to.
func (b *browser) signedIn(h func(http.ResponseWriter, *http.Request, visitor) error) pageHandler {
	return func(w http.ResponseWriter, r *http.Request) error {
		v, known, err := b.visitor(r)
		if err != nil {
			return err
		}
		if !known {
			b.LogIn(w, r, grant.Prompt{ReturnTo: ownPage(r)})
			return nil
		}
		err = h(w, r, v)
		if problem.Code(err) == staleLogin {
			logInAgain(w, r)
			return nil
		}
		return err
	}
}

// fresh is a page that leads up to what needs a recent login: whoever lacks one logs in
// before they type anything.
func (b *browser) fresh(access auth.Access, h func(http.ResponseWriter, *http.Request, visitor) error) pageHandler {
	return b.signedIn(func(w http.ResponseWriter, r *http.Request, v visitor) error {
		if time.Since(v.session.AuthTime) > access.MaxAge() {
			logInAgain(w, r)
			return nil
		}
		return h(w, r, v)
	})
}

// staleLogin is what the API says to who has to log in again first (RFC 9470).
const staleLogin = "insufficient_user_authentication"

// again are the reasons for which somebody who has logged in is asked to do so once more.
var again = map[string]string{
	"page": "For this, please log in once more.",
	"form": "For this, please log in once more. What you have typed was not kept: type it again then.",
}

// logInAgain asks for a recent login, and says why.
func logInAgain(w http.ResponseWriter, r *http.Request) {
	why := "page"
	if r.Method != http.MethodGet && ownPage(r) == r.URL.Path {
		why = "form"
	}
	seeOther(w, r, loginPage+"?"+url.Values{"again": {why}, "return_to": {ownPage(r)}}.Encode())
}

// pagesOfForms are the pages whose form is sent to their own address.
var pagesOfForms = []string{namePage, passwordPage, emailPage, closePage}

// ownPage is the page to come back to: a form is not sent again.
func ownPage(r *http.Request) string {
	if r.Method == http.MethodGet || slices.Contains(pagesOfForms, r.URL.Path) {
		return r.URL.Path
	}
	return accountPage
}

// done are the good news that the pages of login and account may be asked to tell.
var done = map[string]string{
	"session":  "That device is logged out.",
	"sessions": "You are logged out everywhere else.",
	"passkey":  "The passkey is deleted.",
	"added":    "The passkey is added.",
	"password": "Your password is changed, and you are logged out everywhere else.",
	"email":    "Your e-mail is confirmed.",
	"name":     "Your name is changed.",
	"unsent":   "Your account is open. Too many codes were mailed to you to send another now: log in by one in some minutes.",
	"closed":   "Your account is closed.",
	"reset":    "Your password is changed. Log in with the new one.",
	"identity": "The link is removed.",
	"linked":   "The link is made.",
}

func (b *browser) showAccount(w http.ResponseWriter, r *http.Request, v visitor) error {
	return b.account(w, r, v, http.StatusOK, pages.Faults{})
}

func (b *browser) account(w http.ResponseWriter, r *http.Request, v visitor, status int, f pages.Faults) error {
	page := pages.Account{
		Notice: done[r.URL.Query().Get("done")], Faults: f,
		Fresh:      ssoapi.BeginPasskey.Access().MaxAge() > time.Since(v.session.AuthTime),
		PasskeysAt: b.passkeysAt(r),
		LoginAgain: loginPage + "?" + url.Values{"return_to": {accountPage}}.Encode(),
	}
	for _, fill := range []func(*http.Request, visitor, *pages.Account) error{b.fillPerson, b.fillSessions, b.fillPasskeys, b.fillIdentities} {
		if err := fill(r, v, &page); err != nil {
			return err
		}
	}
	b.show(w, r, status, page)
	return nil
}

func (b *browser) fillPerson(r *http.Request, v visitor, page *pages.Account) error {
	me, err := ask(b, r, v, ssoapi.GetMe, api.Empty{})
	page.Name, page.Email, page.Confirmed, page.HasPassword = me.Name, me.Email, me.EmailConfirmed, me.HasPassword
	return err
}

func (b *browser) fillSessions(r *http.Request, v visitor, page *pages.Account) error {
	found, err := ask(b, r, v, ssoapi.ListSessions, api.Empty{})
	for _, s := range found.Sessions {
		page.Sessions = append(page.Sessions, pages.Session{
			ID: s.ID.String(), Device: pages.DeviceOf(s.UserAgent), Address: s.Address, Begun: s.BegunAt, Current: s.Current,
		})
	}
	return err
}

func (b *browser) fillPasskeys(r *http.Request, v visitor, page *pages.Account) error {
	found, err := ask(b, r, v, ssoapi.ListPasskeys, api.Empty{})
	for _, p := range found.Passkeys {
		one := pages.Passkey{ID: p.ID.String(), Name: p.Name, Added: p.CreatedAt}
		if p.LastUsedAt != nil {
			one.Used = *p.LastUsedAt
		}
		page.Passkeys = append(page.Passkeys, one)
	}
	return err
}

// change does what a form of the account page asks for, and says that it is done or why
// it is not.
func (b *browser) change(did string, change func(*http.Request, visitor) error) pageHandler {
	return b.signedIn(func(w http.ResponseWriter, r *http.Request, v visitor) error {
		err := change(r, v)
		if p := problem.From(err); err != nil && p.Expected() && p.Code() != staleLogin {
			return b.account(w, r, v, p.Status(), faultsOf(api.Note(r, err)))
		}
		if err == nil {
			seeOther(w, r, accountPage+"?done="+did)
		}
		return err
	})
}

func (b *browser) endSession(r *http.Request, v visitor) error {
	id, err := formID(r)
	if err != nil {
		return err
	}
	_, err = ask(b, r, v, ssoapi.EndSession, ssoapi.SessionInput{ID: id})
	return err
}

func (b *browser) endOtherSessions(r *http.Request, v visitor) error {
	_, err := ask(b, r, v, ssoapi.EndSessions, ssoapi.EndSessionsInput{Keep: true})
	return err
}

func (b *browser) deletePasskey(r *http.Request, v visitor) error {
	id, err := formID(r)
	if err != nil {
		return err
	}
	_, err = ask(b, r, v, ssoapi.DeletePasskey, ssoapi.PasskeyInput{ID: id})
	return err
}

func formID(r *http.Request) (uuid.UUID, error) {
	id, err := uuid.Parse(r.PostFormValue("id"))
	if err != nil {
		return id, problem.NotFound("there is no such thing any more").Wrap(err)
	}
	return id, nil
}
