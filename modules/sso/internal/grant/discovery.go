package grant

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
)

// metadata lists what is served and nothing else (RFC 8414, OpenID Connect Discovery).
type metadata struct {
	Issuer                string   `json:"issuer"`
	AuthorizationEndpoint string   `json:"authorization_endpoint"`
	TokenEndpoint         string   `json:"token_endpoint"`
	IntrospectionEndpoint string   `json:"introspection_endpoint"`
	RevocationEndpoint    string   `json:"revocation_endpoint"`
	JWKSURI               string   `json:"jwks_uri"`
	Scopes                []string `json:"scopes_supported"`
	GrantTypes            []string `json:"grant_types_supported"`
	ResponseTypes         []string `json:"response_types_supported"`
	ResponseModes         []string `json:"response_modes_supported"`
	ChallengeMethods      []string `json:"code_challenge_methods_supported"`
	ClientAuth            []string `json:"token_endpoint_auth_methods_supported"`
	IntrospectionAuth     []string `json:"introspection_endpoint_auth_methods_supported"`
	RevocationAuth        []string `json:"revocation_endpoint_auth_methods_supported"`
	NamesIssuer           bool     `json:"authorization_response_iss_parameter_supported"` // RFC 9207
	// Revocations is the kit's own: processes read it that know the issuer alone.
	Revocations string `json:"slipway_revocations_uri"`
}

// openID is what OpenID Connect adds.
type openID struct {
	metadata

	UserInfoEndpoint   string `json:"userinfo_endpoint"`
	EndSessionEndpoint string `json:"end_session_endpoint"`

	SubjectTypes    []string `json:"subject_types_supported"`
	IDTokenSignings []string `json:"id_token_signing_alg_values_supported"`
	Claims          []string `json:"claims_supported"`
	Prompts         []string `json:"prompt_values_supported"`
	TakesClaims     bool     `json:"claims_parameter_supported"`
	TakesRequest    bool     `json:"request_parameter_supported"`
	TakesRequestURI bool     `json:"request_uri_parameter_supported"` // true when left out
}

// Where browsers come to.
const (
	AuthorizePath = "/oauth/authorize"
	LogoutPath    = "/oauth/logout"
)

func (s *Server) metadata() metadata {
	const basic, post, none = "client_secret_basic", "client_secret_post", "none"
	return metadata{
		Issuer:                s.cfg.Issuer,
		AuthorizationEndpoint: s.address(AuthorizePath),
		TokenEndpoint:         s.address("/oauth/token"),
		IntrospectionEndpoint: s.address("/oauth/introspect"),
		RevocationEndpoint:    s.address("/oauth/revoke"),
		JWKSURI:               s.address("/oauth/jwks"),
		Scopes:                identityScopes,
		GrantTypes:            []string{AuthorizationCode, ClientCredentials, RefreshToken, TokenExchange},
		ResponseTypes:         []string{"code"},
		ResponseModes:         []string{"query"},
		ChallengeMethods:      []string{"S256"},
		ClientAuth:            []string{basic, post, none},
		IntrospectionAuth:     []string{basic, post},
		RevocationAuth:        []string{basic, post, none},
		NamesIssuer:           true,
		Revocations:           s.address("/oauth/revocations"),
	}
}

func (s *Server) address(path string) string { return strings.TrimSuffix(s.cfg.Issuer, "/") + path }

// OpenIDConfiguration serves GET /.well-known/openid-configuration.
func (s *Server) OpenIDConfiguration() http.Handler {
	return s.document(openID{
		metadata:           s.metadata(),
		UserInfoEndpoint:   s.address("/oauth/userinfo"),
		EndSessionEndpoint: s.address(LogoutPath),

		SubjectTypes:    []string{"public"},
		IDTokenSignings: []string{auth.EdDSA, auth.ES256},
		Claims:          []string{"iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "at_hash", "sid", "amr", "name", "updated_at", "email", "email_verified", "phone_number", "phone_number_verified"},
		Prompts:         []string{"none", "login", "select_account", "consent"},
	})
}

// AuthorizationServer serves GET /.well-known/oauth-authorization-server.
func (s *Server) AuthorizationServer() http.Handler { return s.document(s.metadata()) }

func (s *Server) document(m any) http.Handler {
	return s.cors(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "public, max-age=3600")
		writeJSON(w, http.StatusOK, m)
	}))
}

// JWKS serves GET /oauth/jwks. Resource servers ask again every 5 minutes.
func (s *Server) JWKS() http.Handler {
	return s.cors(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		keys, err := s.cfg.Keys.Public(r.Context())
		if err != nil {
			api.Fail(w, r, fmt.Errorf("serve the key set: %w", err))
			return
		}
		w.Header().Set("Cache-Control", "public, max-age=300")
		w.Header().Set("Content-Type", "application/jwk-set+json")
		_, _ = w.Write(keys) // the client may be gone
	}))
}
