package client

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/internal/loopback"
	"github.com/slipway-go/slipway/modules/sso/internal/grant"
	"github.com/slipway-go/slipway/problem"
)

// A Client is a registered application.
type Client struct {
	grant.Client

	CreatedAt time.Time
}

// Bounds of what one client may have.
const (
	maxURIs   = 20
	maxURI    = 1000
	maxScopes = 200
)

var idPattern = regexp.MustCompile(`^[a-z][a-z0-9_-]{1,63}$`)

// Check returns everything that is wrong with a client that is to be registered, as
// fields of a request's body. Which scopes there are, it does not know.
func Check(c grant.Client) []problem.Field {
	var faults faults
	faults.require(idPattern.MatchString(c.ID), "id", "is not 2 to 64 lower-case letters, digits, - and _, beginning with a letter")
	faults.require(uuid.Validate(c.ID) != nil, "id", "is a UUID, as those of users are")
	faults.require(strings.TrimSpace(c.Name) != "", "name", "is empty")
	faults.require(len(c.RedirectURIs) > 0, "redirect_uris", "is empty: give the address that the browser comes back to")
	faults.uris("redirect_uris", c.RedirectURIs, c.Public)
	faults.uris("post_logout_redirect_uris", c.PostLogoutRedirectURIs, c.Public)
	faults.require(slices.Contains(c.Grants, grant.AuthorizationCode), "grants", "lacks "+grant.AuthorizationCode)
	for _, g := range c.Grants {
		faults.require(g == grant.AuthorizationCode || g == grant.RefreshToken, "grants", fmt.Sprintf("has %.40q, which is not authorization_code or refresh_token", g))
	}
	faults.require(len(c.Scopes) <= maxScopes, "scopes", fmt.Sprintf("has more than %d", maxScopes))
	faults.require(c.Algorithm == auth.EdDSA || c.Algorithm == auth.ES256, "algorithm", "is not EdDSA or ES256")
	return faults
}

type faults []problem.Field

func (f *faults) require(right bool, field, otherwise string) {
	if !right {
		*f = append(*f, problem.Field{Location: "body." + field, Message: field + " " + otherwise})
	}
}

func (f *faults) uris(field string, uris []string, public bool) {
	f.require(len(uris) <= maxURIs, field, fmt.Sprintf("has more than %d", maxURIs))
	for _, uri := range uris {
		if why := checkURI(uri, public); why != "" {
			f.require(false, field, fmt.Sprintf("has %.100q, which %s", uri, why))
		}
	}
}

// checkURI takes https, http on the machine itself, and for apps a scheme of their
// own, which is a domain name turned round (RFC 8252, 7.1).
func checkURI(uri string, public bool) string {
	u, err := url.Parse(uri)
	switch {
	case err != nil || len(uri) > maxURI || strings.ContainsFunc(uri, func(c rune) bool { return c <= ' ' || c > '~' }):
		return "is no address"
	case strings.Contains(uri, "#"):
		return "has a fragment, which RFC 6749 forbids"
	case u.User != nil:
		return "has a user in it"
	case strings.Contains(uri, "*"):
		return "has a wildcard; addresses are compared letter by letter"
	case u.Scheme == "https" && u.Host != "", u.Scheme == "http" && loopback.Is(u.Hostname()):
		return ""
	case public && strings.Contains(u.Scheme, ".") && u.Host == "":
		return ""
	}
	return "must begin with https://, with http:// on the machine itself, or for a public client with a scheme such as com.example.app:/"
}

// NewSecret returns a secret and the hash that is kept of it.
func NewSecret() (secret string, hash []byte) {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails
	secret = "sls_" + base64.RawURLEncoding.EncodeToString(b)
	sum := sha256.Sum256([]byte(secret))
	return secret, sum[:]
}
