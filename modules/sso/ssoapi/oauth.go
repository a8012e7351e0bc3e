package ssoapi

import (
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
)

const authorizeDoc = "Let somebody in in a browser (OAuth 2.0)"

// Authorize is the authorization endpoint: a browser is sent there by a client, with a
// query, and back to it with a code (RFC 6749, OpenID Connect Core).
var Authorize = api.Handler(Module, "GET /oauth/authorize",
	auth.Public("the login page is behind it"), authorizeDoc)

// AuthorizeByForm is [Authorize] with a form for a query.
var AuthorizeByForm = api.Handler(Module, "POST /oauth/authorize",
	auth.Public("the login page is behind it"), authorizeDoc)

// Token is the token endpoint: authorization_code, client_credentials, refresh_token and
// token exchange.
var Token = api.Handler(Module, "POST /oauth/token",
	auth.Public("clients authenticate in the request itself (RFC 6749)"), "Get a token (OAuth 2.0)")

// Keys is the key set.
var Keys = api.Handler(Module, "GET /oauth/jwks",
	auth.Public("public keys, for everyone who checks tokens"), "The keys that tokens are signed by")

// OpenIDConfiguration is one of the two discovery documents.
var OpenIDConfiguration = api.Handler(Module, "GET /.well-known/openid-configuration",
	auth.Public("discovery comes before any token"), "Discovery (OpenID Connect)")

// AuthorizationServer is the other.
var AuthorizationServer = api.Handler(Module, "GET /.well-known/oauth-authorization-server",
	auth.Public("discovery comes before any token"), "Discovery (RFC 8414)")
