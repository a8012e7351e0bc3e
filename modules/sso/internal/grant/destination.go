package grant

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// A destination is where the answer to an authorization request goes. Nothing is sent
// to an address before the client and the address are known to belong together.
type destination struct {
	client Client
	uri    string
	state  string
}

// destination returns where to answer; its errors are for the person in front of the
// browser.
func (s *Server) destination(r *http.Request, parameters url.Values) (destination, error) {
	id, uri := parameters["client_id"], parameters["redirect_uri"]
	if len(id) != 1 || len(uri) != 1 || id[0] == "" || uri[0] == "" {
		return destination{}, invalidRequest("the application has to say once who it is (client_id) and where to go back to (redirect_uri)")
	}
	client, known, err := s.cfg.Clients.Client(r.Context(), id[0])
	if err != nil {
		return destination{}, err
	}
	if !known {
		return destination{}, invalidRequest("no application is registered as %.64q", id[0])
	}
	if !client.ReturnsTo(uri[0]) {
		return destination{}, invalidRequest("the address to go back to (redirect_uri) is not one that %s has registered", client.ID)
	}
	to := destination{client: client, uri: uri[0]}
	if state := parameters["state"]; len(state) == 1 {
		to.state = state[0]
	}
	return to, nil
}

// ReturnsTo reports whether browsers may be sent there with an answer. It compares letter
// by letter, as RFC 9700 asks; only an app's own listener on the machine may have any port
// (RFC 8252, 7.3).
func (c Client) ReturnsTo(uri string) bool {
	if slices.Contains(c.RedirectURIs, uri) {
		return true
	}
	given, ok := withoutPort(uri)
	return ok && c.Public && slices.ContainsFunc(c.RedirectURIs, func(registered string) bool {
		registered, ok := withoutPort(registered)
		return ok && registered == given
	})
}

var onLoopback = regexp.MustCompile(`^(http://(?:127\.0\.0\.1|\[::1\]))(?::[0-9]{1,5})?(/[!-~]*)?$`)

// withoutPort takes the port from an address of the machine itself.
func withoutPort(uri string) (string, bool) {
	parts := onLoopback.FindStringSubmatch(uri)
	if parts == nil {
		return "", false
	}
	return parts[1] + parts[2], true
}

// sendBack sends the browser to the client with the answer, the client's state and
// who answers (RFC 9207), so that a client of several issuers mixes none up.
func (s *Server) sendBack(w http.ResponseWriter, to destination, answer url.Values) {
	if to.state != "" {
		answer.Set("state", to.state)
	}
	answer.Set("iss", s.cfg.Issuer)
	w.Header().Set("Location", withQuery(to.uri, answer))
	w.WriteHeader(http.StatusSeeOther) // and a form is not sent again
}

// withQuery keeps the address as it was registered, with a query that it may have.
func withQuery(uri string, more url.Values) string {
	joint := "?"
	if strings.Contains(uri, "?") {
		joint = "&"
	}
	return uri + joint + more.Encode()
}
