package grant

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/modules/sso/internal/session"
)

// Config is what the core works with. Every field is required.
type Config struct {
	Issuer string
	// EdgeAudience is whom users' own tokens are addressed to.
	EdgeAudience string
	// FirstParty is the public client that users' own tokens are issued to.
	FirstParty string
	// Origins are those whose scripts may read answers.
	Origins []string

	Minter   Minter
	Keys     KeySet
	Clients  Clients
	Matrix   Matrix
	Sessions Sessions
	Subjects Subjects
	Browser  Browser
	Verifier Verifier
	// RevocationBrake refuses who has revoked too many tokens of late: a user, or a
	// service.
	RevocationBrake func(ctx context.Context, who string) error
	Logger          *slog.Logger
}

// A KeySet returns the published keys, as JSON.
type KeySet interface {
	Public(ctx context.Context) ([]byte, error)
}

// A Matrix says which service may reach which, with what.
type Matrix interface {
	// ForUser returns the permissions that a user's token may carry to callee,
	// or false when caller has not declared it as a neighbour.
	ForUser(caller, callee string) (permissions []string, ok bool)
	// ForService returns the permissions of caller's own at callee.
	ForService(caller, callee string) (permissions []string, ok bool)
}

// Sessions are the users' logins; *session.Store is one.
type Sessions interface {
	Redeem(ctx context.Context, r session.Redemption) (session.Session, string, error)
	// OfToken returns the session of a refresh token, and whether that is good; see
	// session.Store.
	OfToken(ctx context.Context, refreshToken string) (session.Session, bool, error)
	// Believes reports whether neither a token was revoked nor its session has ended.
	Believes(ctx context.Context, p *auth.Principal) (bool, error)
	RevokeToken(ctx context.Context, tokenID string, expires time.Time) error
	End(ctx context.Context, id uuid.UUID, why string) error
	// InBrowser returns the session of a cookie's secret, if it goes on.
	InBrowser(ctx context.Context, secret string) (session.Session, bool, error)
	IssueCode(ctx context.Context, c session.AuthorizationCode) (string, error)
	RedeemCode(ctx context.Context, r session.CodeRedemption) (session.Redeemed, error)
}

// Subjects are the users.
type Subjects interface {
	// Permissions returns what the user may do now, or false when the account
	// is closed.
	Permissions(ctx context.Context, user uuid.UUID) ([]string, bool, error)
	// Profile returns what a client may know of the user, or false when the account
	// is closed.
	Profile(ctx context.Context, user uuid.UUID) (Profile, bool, error)
}

// A Verifier tells whom a token speaks for; *auth.Verifier is one.
type Verifier interface {
	Verify(ctx context.Context, raw string) (*auth.Principal, error)
	// Authenticate does it for the token in the request's header.
	Authenticate(ctx context.Context, r *http.Request) (*auth.Principal, string, error)
}

// A Server serves the OAuth endpoints.
type Server struct {
	cfg    Config
	grants map[string]func(context.Context, request) (answer, error)
}

// NewServer returns a server.
func NewServer(cfg Config) *Server {
	s := &Server{cfg: cfg}
	s.grants = map[string]func(context.Context, request) (answer, error){
		AuthorizationCode: s.authorizationCode,
		ClientCredentials: s.clientCredentials,
		RefreshToken:      s.refresh,
		TokenExchange:     s.exchange,
	}
	return s
}

// Token serves POST /oauth/token.
func (s *Server) Token() http.Handler {
	return s.cors(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		noStore(w)
		answer, err := s.token(r, time.Now())
		if err != nil {
			s.fail(w, r, err)
			return
		}
		writeJSON(w, http.StatusOK, answer)
	}))
}

// An answer is a success of RFC 6749, 5.1 and RFC 8693, 2.2.1.
type answer struct {
	AccessToken     string `json:"access_token"`
	IssuedTokenType string `json:"issued_token_type,omitempty"`
	TokenType       string `json:"token_type"`
	ExpiresIn       int64  `json:"expires_in"`
	RefreshToken    string `json:"refresh_token,omitempty"`
	IDToken         string `json:"id_token,omitempty"`
	Scope           string `json:"scope"`
}

func (s *Server) token(r *http.Request, arrived time.Time) (answer, error) {
	f, err := parseForm(r)
	if err != nil {
		return answer{}, err
	}
	if err := f.need("grant_type"); err != nil {
		return answer{}, err
	}
	grant, ok := s.grants[f["grant_type"]]
	if !ok {
		return answer{}, refuse("unsupported_grant_type", "the grant %.60q is not served here", f["grant_type"])
	}
	if f["code_verifier"] != "" && f["grant_type"] != AuthorizationCode {
		return answer{}, invalidRequest("code_verifier belongs to the grant %s", AuthorizationCode)
	}
	client, err := s.authenticate(r, f)
	if err != nil {
		return answer{}, err
	}
	return grant(r.Context(), request{form: f, client: client, arrived: arrived})
}

// A request is one whose client is known and may use the grant.
type request struct {
	form    form
	client  Client
	arrived time.Time
}
