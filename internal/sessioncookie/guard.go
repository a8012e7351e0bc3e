package sessioncookie

import (
	"errors"
	"net/http"
	"net/url"
)

// A Guard refuses requests that another website has a browser make: the browser adds
// the cookie, whoever wrote the form.
type Guard struct {
	cookie     Cookie
	protection *http.CrossOriginProtection
}

// NewGuard returns the guard of a product whose tokens name this issuer: behind a proxy
// that changes Host, its origin is how the product's own pages are known.
func NewGuard(issuer string) Guard {
	g := Guard{cookie: For(issuer), protection: http.NewCrossOriginProtection()}
	if u, err := url.Parse(issuer); err == nil && u.Host != "" {
		_ = g.protection.AddTrustedOrigin(u.Scheme + "://" + u.Host) // of two parts of a URL; cannot fail
	}
	return g
}

var errUnknownOrigin = errors.New("the request has the browser's cookie but neither Sec-Fetch-Site nor Origin, as every browser sends them; programs send an access token instead")

// Check returns why the request may not be acted upon, or nil. GET and HEAD change
// nothing and pass.
func (g Guard) Check(r *http.Request) error {
	if _, found := g.cookie.Secret(r); found && !safe(r.Method) && r.Header["Sec-Fetch-Site"] == nil && r.Header["Origin"] == nil {
		return errUnknownOrigin
	}
	return g.protection.Check(r)
}

func safe(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}
