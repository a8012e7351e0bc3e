// Package sessioncookie is the cookie by which a browser shows that somebody has logged
// in: what it is called, who may read it, and from where a request with it may come.
//
// The SSO sets it; the edge turns it into an access token. Both must agree on all of
// this, hence one package.
package sessioncookie

import (
	"net/http"
	"strings"
	"time"
)

const (
	// secureName binds the cookie to one host and to https (RFC 6265bis, 4.1.3.2):
	// no subdomain and nobody on the way can plant one of their own.
	secureName = "__Host-slipway"
	// plainName is for http, in development: Safari keeps no Secure cookie of http://localhost.
	plainName = "slipway"
	// loginSuffix makes the name that of a login under way.
	loginSuffix = "_login"
)

// A Cookie is what both sides know of it. The zero value is that of http.
type Cookie struct {
	secure bool
	suffix string
}

// For returns the cookie of a product whose tokens name this issuer.
func For(issuer string) Cookie { return Cookie{secure: strings.HasPrefix(issuer, "https:")} }

// ForLogin returns the cookie of a browser in which somebody is about to log in by
// another provider, so that its answer is taken in this browser alone.
func ForLogin(issuer string) Cookie {
	return Cookie{secure: For(issuer).secure, suffix: loginSuffix}
}

// Secure reports whether the cookie travels by https alone.
func (c Cookie) Secure() bool { return c.secure }

// Name returns what the cookie is called.
func (c Cookie) Name() string {
	if c.secure {
		return secureName + c.suffix
	}
	return plainName + c.suffix
}

// In reports whether the request may have the cookie, at next to no cost.
func (c Cookie) In(r *http.Request) bool {
	for _, line := range r.Header["Cookie"] {
		if strings.Contains(line, c.Name()) {
			return true
		}
	}
	return false
}

// maxSecret is more than any secret has.
const maxSecret = 256

// Secret returns what the request's cookie holds, or false when there is none. Of two
// cookies with the name one was planted, so neither is believed.
func (c Cookie) Secret(r *http.Request) (string, bool) {
	all := r.CookiesNamed(c.Name())
	if len(all) != 1 || all[0].Value == "" || len(all[0].Value) > maxSecret {
		return "", false
	}
	return all[0].Value, true
}

// Set hands the secret to the browser, for as long as the session may last.
func (c Cookie) Set(w http.ResponseWriter, secret string, expires time.Time) {
	c.set(w, secret, int(time.Until(expires)/time.Second))
}

// Forget takes the cookie from the browser.
func (c Cookie) Forget(w http.ResponseWriter) { c.set(w, "", -1) }

func (c Cookie) set(w http.ResponseWriter, value string, seconds int) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // Secure but for http, in development
		Name: c.Name(), Value: value, Path: "/", MaxAge: seconds,
		Secure: c.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// Strip takes the cookie out of the request, and that of a login under way, so that who
// gets it next can read neither. The other cookies stay, in their order. The header of r must be r's own.
func (c Cookie) Strip(r *http.Request) {
	var kept []string
	for _, line := range r.Header["Cookie"] {
		for pair := range strings.SplitSeq(line, ";") {
			pair = strings.TrimSpace(pair)
			if name, _, _ := strings.Cut(pair, "="); !c.isOurs(name) && pair != "" {
				kept = append(kept, pair)
			}
		}
	}
	if len(kept) == 0 {
		r.Header.Del("Cookie")
		return
	}
	r.Header["Cookie"] = []string{strings.Join(kept, "; ")}
}

func (c Cookie) isOurs(name string) bool {
	return name == Cookie{secure: c.secure}.Name() || name == Cookie{secure: c.secure, suffix: loginSuffix}.Name()
}
