package grant

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/slipway-go/slipway/auth"
)

// The grant types.
const (
	AuthorizationCode = "authorization_code"
	ClientCredentials = "client_credentials"
	RefreshToken      = "refresh_token"
	TokenExchange     = auth.TokenExchange
)

// EveryPermission stands in a client's scopes for all that its users may.
const EveryPermission = "*"

// A Client is an application that is known here.
type Client struct {
	ID     string
	Name   string   // for people
	Grants []string // that it may use
	// Public clients cannot keep a secret and have none.
	Public bool
	// RedirectURIs are where browsers may be sent with a code, and
	// PostLogoutRedirectURIs where after a logout; they are compared as they stand.
	RedirectURIs           []string
	PostLogoutRedirectURIs []string
	// Scopes are what it may be granted: openid, profile, email, phone,
	// offline_access, names of permissions, and EveryPermission.
	Scopes []string
	// Algorithm signs what it gets. Default: EdDSA.
	Algorithm string

	// Authenticated learns of the hash of the secret that the client has shown; nil is
	// nobody.
	Authenticated func(ctx context.Context, hash []byte)

	secrets [][sha256.Size]byte
}

// WithSecrets returns a copy that authenticates by any of the secrets. Only
// their hashes are kept.
func (c Client) WithSecrets(secrets ...string) Client {
	c.secrets = nil
	for _, s := range secrets {
		if s != "" { // an unset secret must never match an empty one
			c.secrets = append(c.secrets, sha256.Sum256([]byte(s)))
		}
	}
	return c
}

// WithHashes returns a copy that authenticates by these secrets too, of which these are
// the SHA-256.
func (c Client) WithHashes(hashes ...[]byte) Client {
	c.secrets = slices.Clip(c.secrets)
	for _, h := range hashes {
		if len(h) == sha256.Size {
			c.secrets = append(c.secrets, [sha256.Size]byte(h))
		}
	}
	return c
}

// Secrets returns how many secrets are good.
func (c Client) Secrets() int { return len(c.secrets) }

// holds reports whether the secret is one of the client's. It takes the same
// time for a secret that is wrong at its first letter or at its last.
func (c Client) holds(secret string) bool {
	hash := sha256.Sum256([]byte(secret))
	found := 0
	for _, s := range c.secrets {
		found |= subtle.ConstantTimeCompare(hash[:], s[:])
	}
	return found == 1
}

func (c Client) tell(ctx context.Context, secret string) {
	if c.Authenticated != nil && secret != "" {
		hash := sha256.Sum256([]byte(secret))
		c.Authenticated(ctx, hash[:])
	}
}

// Clients finds clients.
type Clients interface {
	Client(ctx context.Context, id string) (Client, bool, error)
}

// credentials are what a request says of its client.
type credentials struct{ id, secret string }

// readCredentials takes the client's name and secret from the one place where
// they may stand.
func readCredentials(r *http.Request, f form) (credentials, error) {
	if f["client_assertion"] != "" || f["client_assertion_type"] != "" {
		return credentials{}, invalidClient("client assertions are not taken here; use client_secret_basic or client_secret_post")
	}
	headers := r.Header.Values("Authorization")
	inBody := credentials{f["client_id"], f["client_secret"]}
	switch {
	case len(headers) == 0:
		return inBody, nil
	case len(headers) > 1:
		return credentials{}, invalidRequest("there are %d Authorization headers; send one", len(headers))
	case inBody.secret != "":
		return credentials{}, invalidRequest("the client authenticates in two ways, by header and by body; use one")
	}
	basic, err := readBasic(r)
	if err == nil && inBody.id != "" && inBody.id != basic.id {
		return credentials{}, invalidRequest("client_id is not the client of the Authorization header")
	}
	return basic, err
}

// readBasic form-decodes both halves, as RFC 6749, 2.3.1 asks; a secret with a
// colon or a percent sign would not arrive otherwise.
func readBasic(r *http.Request) (credentials, error) {
	user, password, ok := r.BasicAuth()
	if !ok {
		return credentials{}, invalidClient("the Authorization header must be Basic, with client and secret form-encoded, joined by a colon and in base64")
	}
	id, err := url.QueryUnescape(user)
	if err != nil {
		return credentials{}, invalidClient("the client in the Authorization header is not form-encoded")
	}
	secret, err := url.QueryUnescape(password)
	if err != nil {
		return credentials{}, invalidClient("the secret in the Authorization header is not form-encoded")
	}
	if id == "" || secret == "" || !isText(id, secret) {
		return credentials{}, invalidClient("the Authorization header lacks the client or its secret, or they are no text")
	}
	return credentials{id, secret}, nil
}

// authenticate returns the client that a request comes from and that may use
// the grant. A refresh token without a word of a client comes from the
// product's own, which is public.
func (s *Server) authenticate(r *http.Request, f form) (Client, error) {
	given, err := readCredentials(r, f)
	if err != nil {
		return Client{}, err
	}
	if given == (credentials{}) && f["grant_type"] == RefreshToken {
		given.id = s.cfg.FirstParty
	}
	client, err := s.identify(r.Context(), given)
	if err != nil {
		return Client{}, err
	}
	if !slices.Contains(client.Grants, f["grant_type"]) {
		return Client{}, refuse("unauthorized_client", "client %s may not use the grant %s; its grants are %s", client.ID, f["grant_type"], strings.Join(client.Grants, ", "))
	}
	return client, nil
}

// identify returns the client, if its secret is right or it is public and gave none.
func (s *Server) identify(ctx context.Context, given credentials) (Client, error) {
	if given.id == "" {
		return Client{}, invalidClient("the client does not say who it is; authenticate by client_secret_basic or client_secret_post")
	}
	client, known, err := s.cfg.Clients.Client(ctx, given.id)
	if err != nil {
		return Client{}, err
	}
	right := client.holds(given.secret) // before anything else is known: the same work for every name
	if public := known && client.Public && given.secret == ""; !public && (!known || !right) {
		return Client{}, invalidClient("the client is not known here, or its secret is wrong")
	}
	client.tell(ctx, given.secret)
	return client, nil
}
