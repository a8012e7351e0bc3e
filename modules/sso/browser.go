package sso

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/sessioncookie"
	"github.com/slipway-go/slipway/modules/sso/internal/client"
	"github.com/slipway-go/slipway/modules/sso/internal/grant"
	"github.com/slipway-go/slipway/modules/sso/internal/pages"
	"github.com/slipway-go/slipway/modules/sso/internal/session"
	"github.com/slipway-go/slipway/modules/sso/ssoapi"
)

// A browser keeps people logged in by a cookie and shows them pages.
type browser struct {
	sso     *service
	api     http.Handler // the module's own
	cookie  sessioncookie.Cookie
	attempt sessioncookie.Cookie // of a login by a provider
	guard   sessioncookie.Guard
	pages   *pages.Set
	returns returns
	named   string        // the address at which passkeys work
	clients *client.Store // that people are let in for
}

var _ grant.Browser = (*browser)(nil)

func newBrowser(s *service, m *slipway.Setup) (*browser, error) {
	issuer := m.Issuer()
	set, err := pages.NewSet(s.cfg.product(issuerOf(m).Host))
	if err != nil {
		return nil, err
	}
	return &browser{
		sso: s, api: m.API(), cookie: sessioncookie.For(issuer), attempt: sessioncookie.ForLogin(issuer), guard: sessioncookie.NewGuard(issuer),
		pages: set, returns: s.cfg.ReturnPaths, named: named(issuerOf(m)), clients: client.NewStore(m.DB()),
	}, nil
}

// Session returns the browser's session, or false when nobody has logged in.
func (b *browser) Session(r *http.Request) (session.Session, bool, error) {
	secret, ok := b.cookie.Secret(r)
	if !ok {
		return session.Session{}, false, nil
	}
	return b.sso.sessions.InBrowser(r.Context(), secret)
}

// LogIn sends the browser to the login page.
func (b *browser) LogIn(w http.ResponseWriter, r *http.Request, p grant.Prompt) {
	query := url.Values{"return_to": {p.ReturnTo}}
	if p.Hint != "" {
		query.Set("login_hint", p.Hint)
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, loginPage+"?"+query.Encode(), http.StatusSeeOther)
}

// Refuse shows what a client did wrong that cannot be told itself.
func (b *browser) Refuse(w http.ResponseWriter, r *http.Request, err error) {
	refusal, ok := errors.AsType[*grant.Error](err)
	if !ok {
		b.fail(w, r, err)
		return
	}
	b.sso.logger.InfoContext(r.Context(), "authorization refused", "error", refusal.Code, "reason", refusal.Description)
	b.show(w, r, refusal.Status, pages.Message{
		Title: "This link does not work", Bad: true,
		Text: "The application that sent you here has made a mistake, and you cannot be sent back to it: " + refusal.Description + ".",
	})
}

// ConfirmLogout asks whether to log out.
func (b *browser) ConfirmLogout(w http.ResponseWriter, r *http.Request, fields map[string]string, leadsTo string) {
	f := logoutForm()
	f.Action, f.Hidden, f.Leads = grant.LogoutPath, fields, originOf(leadsTo)
	b.show(w, r, http.StatusOK, f)
}

// OwnForm returns why the request does not come from a page of ours, or nil.
func (b *browser) OwnForm(r *http.Request) error { return foreignForm(b.guard.Check(r)) }

// LoggedOut says that it is done.
func (b *browser) LoggedOut(w http.ResponseWriter, r *http.Request) {
	b.show(w, r, http.StatusOK, loggedOut())
}

// Forget takes the session's cookie from the browser.
func (b *browser) Forget(w http.ResponseWriter) { b.cookie.Forget(w) }

// begin logs somebody in: whoever was is not any more, and the cookie is a new one, so
// that a secret which somebody planted before opens nothing.
func (b *browser) begin(w http.ResponseWriter, r *http.Request, user account, how session.Method) error {
	ctx := r.Context()
	former, was, err := b.Session(r)
	if err != nil {
		return err
	}
	begun, secret, err := b.open(ctx, former, was, b.sso.loginOf(user, how, ssoapi.OriginOf(r)))
	if err != nil {
		return tooLate(err)
	}
	b.cookie.Set(w, secret, begun.ExpiresAt)
	b.sso.logger.InfoContext(ctx, "logged in in a browser", "user_id", user.id, "session_id", begun.ID, "method", how)
	return nil
}

// open renews the session of the same user; that of another one it ends.
func (b *browser) open(ctx context.Context, former session.Session, was bool, l session.Login) (session.Session, string, error) {
	sessions := b.sso.sessions
	if was && former.User == l.User {
		if renewed, secret, ok, err := sessions.Renew(ctx, former, l); err != nil || ok {
			return renewed, secret, err
		}
	} else if was {
		if err := sessions.End(ctx, former.ID, "another user logged in"); err != nil {
			return session.Session{}, "", err
		}
	}
	return sessions.BeginInBrowser(ctx, l)
}
