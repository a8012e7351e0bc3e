package grant

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/slipway-go/slipway/api"
)

// metadata lists what is served and nothing else. The two lists that stand
// empty are required by RFC 8414 and OpenID Connect Discovery: there is no
// authorization endpoint yet, so there are no response types and no ID tokens.
type metadata struct {
	Issuer          string   `json:"issuer"`
	TokenEndpoint   string   `json:"token_endpoint"`
	JWKSURI         string   `json:"jwks_uri"`
	GrantTypes      []string `json:"grant_types_supported"`
	ClientAuth      []string `json:"token_endpoint_auth_methods_supported"`
	ResponseTypes   []string `json:"response_types_supported"`
	SubjectTypes    []string `json:"subject_types_supported,omitempty"`
	IDTokenSignings []string `json:"id_token_signing_alg_values_supported,omitzero"`
}

func (s *Server) metadata() metadata {
	base := strings.TrimSuffix(s.cfg.Issuer, "/")
	return metadata{
		Issuer:        s.cfg.Issuer,
		TokenEndpoint: base + "/oauth/token",
		JWKSURI:       base + "/oauth/jwks",
		GrantTypes:    []string{ClientCredentials, RefreshToken, TokenExchange},
		ClientAuth:    []string{"client_secret_basic", "client_secret_post", "none"},
		ResponseTypes: []string{},
	}
}

// OpenIDConfiguration serves GET /.well-known/openid-configuration.
func (s *Server) OpenIDConfiguration() http.Handler {
	m := s.metadata()
	m.SubjectTypes, m.IDTokenSignings = []string{"public"}, []string{}
	return s.document(m)
}

// AuthorizationServer serves GET /.well-known/oauth-authorization-server.
func (s *Server) AuthorizationServer() http.Handler { return s.document(s.metadata()) }

func (s *Server) document(m metadata) http.Handler {
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
