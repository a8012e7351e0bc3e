package grant

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/modules/sso/internal/session"
)

// A logout is a request to log out with nothing wrong (OpenID Connect RP-Initiated
// Logout 1.0).
type logout struct {
	id       idToken // of the hint; zero for none
	returnTo string  // with the state; "" for nowhere
	confirm  bool    // a person has said yes on our own page
}

// confirmed is the field of our own form.
const confirmed = "confirmed"

// Logout serves GET /oauth/logout, and POST: that of our own form, which answers the
// question whether to log out, and that of clients, which is read as a query. A form of
// another site comes without the cookie that a link of it comes with.
func (s *Server) Logout() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		noStore(w)
		parameters, err := parameters(r)
		if err == nil {
			err = s.logout(w, r, parameters)
		}
		if err != nil {
			s.cfg.Browser.Refuse(w, r, err)
		}
	})
}

func (s *Server) logout(w http.ResponseWriter, r *http.Request, parameters url.Values) error {
	l, err := s.parseLogout(r, parameters)
	if err != nil {
		return err
	}
	if r.Method == http.MethodPost && !l.confirm {
		http.Redirect(w, r, LogoutPath+"?"+parameters.Encode(), http.StatusSeeOther) //nolint:gosec // a query leads to no other place
		return nil
	}
	browser, known, err := s.cfg.Browser.Session(r)
	if err != nil {
		return err
	}
	if known && !l.confirm && l.id.Subject != browser.User.String() {
		s.cfg.Browser.ConfirmLogout(w, r, confirmation(parameters), l.returnTo)
		return nil
	}
	if err := s.end(r, l, browser); err != nil {
		return err
	}
	s.cfg.Browser.Forget(w)
	if l.returnTo == "" {
		s.cfg.Browser.LoggedOut(w, r)
		return nil
	}
	w.Header().Set("Location", l.returnTo)
	w.WriteHeader(http.StatusSeeOther)
	return nil
}

// end ends the browser's session with every client's that it has let in, and the one
// of the client that asks, should it be another's.
func (s *Server) end(r *http.Request, l logout, browser session.Session) error {
	for _, id := range []uuid.UUID{browser.ID, parseID(l.id.SessionID)} {
		if id == uuid.Nil {
			continue
		}
		if err := s.cfg.Sessions.End(r.Context(), id, "logged out"); err != nil {
			return err
		}
	}
	return nil
}

func parseID(text string) uuid.UUID {
	id, err := uuid.Parse(text)
	if err != nil {
		return uuid.Nil
	}
	return id
}

func (s *Server) parseLogout(r *http.Request, parameters url.Values) (logout, error) {
	f, err := once(parameters)
	if err != nil {
		return logout{}, err
	}
	var l logout
	if f[confirmed] != "" && r.Method == http.MethodPost {
		if err := s.cfg.Browser.OwnForm(r); err != nil {
			return logout{}, err
		}
		l.confirm = true
	}
	if f["id_token_hint"] != "" {
		if l.id, err = s.parseIDToken(r.Context(), f["id_token_hint"]); err != nil {
			return logout{}, err
		}
		if f["client_id"] != "" && f["client_id"] != l.id.Audience {
			return logout{}, invalidRequest("client_id is not the client of id_token_hint")
		}
		f["client_id"] = l.id.Audience
	}
	l.returnTo, err = s.afterLogout(r, f)
	return l, err
}

// afterLogout returns where the browser goes then, which the client has registered.
func (s *Server) afterLogout(r *http.Request, f form) (string, error) {
	uri := f["post_logout_redirect_uri"]
	if uri == "" {
		return "", nil
	}
	if f["client_id"] == "" {
		return "", invalidRequest("post_logout_redirect_uri needs id_token_hint or client_id, to know whose it is")
	}
	client, known, err := s.cfg.Clients.Client(r.Context(), f["client_id"])
	switch {
	case err != nil:
		return "", err
	case !known || !slices.Contains(client.PostLogoutRedirectURIs, uri):
		return "", invalidRequest("the address to go to after the logout (post_logout_redirect_uri) is not one that %.64s has registered", f["client_id"])
	case f["state"] != "":
		uri = withQuery(uri, url.Values{"state": {f["state"]}})
	}
	return uri, nil
}

// confirmation is what our own form sends.
func confirmation(parameters url.Values) map[string]string {
	fields := map[string]string{confirmed: "yes"}
	for name, values := range parameters {
		fields[name] = values[0]
	}
	return fields
}
