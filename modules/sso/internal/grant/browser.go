package grant

import (
	"net/http"

	"github.com/slipway-go/slipway/modules/sso/internal/session"
)

// A Browser knows who has logged in in the browser that a request comes from, and has
// people log in there.
type Browser interface {
	// Session returns the browser's session, or false when nobody has logged in.
	Session(r *http.Request) (session.Session, bool, error)
	// LogIn shows the login page, which leads back to where the prompt says.
	LogIn(w http.ResponseWriter, r *http.Request, p Prompt)
	// Refuse shows what a client did wrong that cannot be told itself.
	Refuse(w http.ResponseWriter, r *http.Request, err error)
	// ConfirmLogout asks whether to log out, by a form of these fields that is sent to
	// /oauth/logout. The way leads to another address from there, or to none.
	ConfirmLogout(w http.ResponseWriter, r *http.Request, fields map[string]string, leadsTo string)
	// OwnForm returns why the request does not come from a page of ours, or nil.
	OwnForm(r *http.Request) error
	// LoggedOut says that it is done.
	LoggedOut(w http.ResponseWriter, r *http.Request)
	// Forget takes the session's cookie from the browser.
	Forget(w http.ResponseWriter)
}

// A Prompt is why somebody has to log in.
type Prompt struct {
	// ReturnTo is a path of this server with its query, such as /oauth/authorize?…. It
	// no longer asks for a login itself, or the way would have no end.
	ReturnTo string
	// Hint is the e-mail that the client expects; "" for none.
	Hint string
}
