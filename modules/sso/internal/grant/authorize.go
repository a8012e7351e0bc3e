package grant

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/modules/sso/internal/session"
)

// Authorize serves GET /oauth/authorize, and POST, which goes on as GET. It sends the
// browser of somebody who has logged in back to the client with a code. It asks nobody
// for consent: every client is the product's own choice, registered by its administrators.
func (s *Server) Authorize() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		noStore(w)
		parameters, err := parameters(r)
		if err != nil {
			s.cfg.Browser.Refuse(w, r, err)
			return
		}
		if r.Method == http.MethodPost {
			http.Redirect(w, r, AuthorizePath+"?"+parameters.Encode(), http.StatusSeeOther) //nolint:gosec // a query leads to no other place
			return
		}
		to, err := s.destination(r, parameters)
		if err != nil {
			s.cfg.Browser.Refuse(w, r, err)
			return
		}
		if err := s.authorize(w, r, to, parameters); err != nil {
			s.refuseBack(w, r, to, err)
		}
	})
}

func (s *Server) authorize(w http.ResponseWriter, r *http.Request, to destination, parameters url.Values) error {
	a, err := s.parseAuthorization(r.Context(), to, parameters)
	if err != nil {
		return err
	}
	browser, known, err := s.cfg.Browser.Session(r)
	if err != nil {
		return err
	}
	switch ask, err := a.asksForLogin(browser, known, time.Now()); {
	case err != nil:
		return err
	case ask:
		s.cfg.Browser.LogIn(w, r, Prompt{ReturnTo: a.returnTo(parameters), Hint: a.hint})
		return nil
	}
	code, err := s.cfg.Sessions.IssueCode(r.Context(), session.AuthorizationCode{
		Parent: browser.ID, Client: to.client.ID, RedirectURI: to.uri, Challenge: a.challenge, Nonce: a.nonce, Scope: a.scope,
	})
	if err != nil {
		return err
	}
	s.sendBack(w, to, url.Values{"code": {code}})
	return nil
}

// asksForLogin reports whether somebody has to log in before there is a code.
func (a authorization) asksForLogin(browser session.Session, known bool, now time.Time) (bool, error) {
	stale := known && a.maxAge != nil && now.Sub(browser.AuthTime) > *a.maxAge
	ask := !known || a.login || stale
	switch {
	case ask && a.silent:
		return false, refuse("login_required", "nobody has logged in in this browser, or not lately enough")
	case !ask && a.subject != "" && a.subject != browser.User.String():
		return false, refuse("login_required", "somebody else than the user of id_token_hint has logged in in this browser")
	}
	return ask, nil
}

// wayBack is how long the way from a login to the code may take.
const wayBack = 5 * time.Minute

// returnTo is the request again, as it is to be after a login. What asked for the
// login becomes an age that the new login has not reached; a client that must know
// reads auth_time.
func (a authorization) returnTo(parameters url.Values) string {
	again := url.Values{}
	maps.Copy(again, parameters)
	again.Del("prompt")
	if a.login || a.maxAge != nil && *a.maxAge < wayBack {
		again.Set("max_age", strconv.Itoa(int(wayBack/time.Second)))
	}
	return AuthorizePath + "?" + again.Encode()
}

// refuseBack tells the client by way of the browser, and says of what is ours no
// more than that (RFC 6749, 4.1.2.1).
func (s *Server) refuseBack(w http.ResponseWriter, r *http.Request, to destination, err error) {
	refusal, ok := errors.AsType[*Error](err)
	if !ok {
		refusal = &Error{Code: "server_error", Description: "the authorization server has failed"}
		if api.Note(r, fmt.Errorf("authorization endpoint: %w", err)).Status() == http.StatusServiceUnavailable {
			refusal = &Error{Code: "temporarily_unavailable", Description: "the authorization server cannot answer now; try again in a moment"}
		}
	}
	s.cfg.Logger.InfoContext(r.Context(), "authorization refused", "client_id", to.client.ID, "error", refusal.Code, "reason", refusal.Description)
	s.sendBack(w, to, url.Values{"error": {refusal.Code}, "error_description": {printable(refusal.Description)}})
}

// noStore keeps answers that hold secrets out of caches, and addresses that do out of
// the Referer of what comes next.
func noStore(w http.ResponseWriter) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Pragma", "no-cache") // RFC 6749 asks for it
	w.Header().Set("Referrer-Policy", "no-referrer")
}
