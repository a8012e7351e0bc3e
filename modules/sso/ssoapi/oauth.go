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
	auth.Public(ownClients), "Get a token (OAuth 2.0)")

const (
	ownClients  = "clients authenticate in the request itself (RFC 6749)"
	ownToken    = "it checks the token itself, which must have the scope openid"
	logoutDoc   = "Log out of everything, for a client (OpenID Connect)"
	userInfoDoc = "What a client may know of its user (OpenID Connect)"
)

// Introspect tells clients that have a secret, and services, what a token is worth now
// (RFC 7662).
var Introspect = api.Handler(Module, "POST /oauth/introspect", auth.Public(ownClients), "Look into a token (RFC 7662)")

// Revoke takes a token back: a refresh token with its whole session, an access token
// alone (RFC 7009).
var Revoke = api.Handler(Module, "POST /oauth/revoke", auth.Public(ownClients), "Take a token back (RFC 7009)")

// UserInfo tells what the scopes profile, email and phone of a token allow; the token
// must have openid (OpenID Connect Core, 5.3).
var UserInfo = api.Handler(Module, "GET /oauth/userinfo", auth.Public(ownToken), userInfoDoc)

// UserInfoByForm is [UserInfo] by POST; the token is in the header all the same.
var UserInfoByForm = api.Handler(Module, "POST /oauth/userinfo", auth.Public(ownToken), userInfoDoc)

// UserInfoPreflight lets scripts of listed origins ask with their token: browsers ask first
// whether the header Authorization may be sent.
var UserInfoPreflight = api.Handler(Module, "OPTIONS /oauth/userinfo",
	auth.Public("browsers ask without a token (CORS)"), "Which origins may ask what is known of a user (CORS)")

// LogoutByClient ends the browser's session and every client's that it has let in. It asks the
// person unless the client proves by id_token_hint whose session it means (OpenID
// Connect RP-Initiated Logout).
var LogoutByClient = api.Handler(Module, "GET /oauth/logout", auth.Public("a browser is sent there, with or without a session"), logoutDoc)

// LogoutByClientForm is [LogoutByClient] with a form for a query.
var LogoutByClientForm = api.Handler(Module, "POST /oauth/logout", auth.Public("a browser is sent there, with or without a session"), logoutDoc)

// Keys is the key set.
var Keys = api.Handler(Module, "GET /oauth/jwks",
	auth.Public("public keys, for everyone who checks tokens"), "The keys that tokens are signed by")

// OpenIDConfiguration is one of the two discovery documents.
var OpenIDConfiguration = api.Handler(Module, "GET /.well-known/openid-configuration",
	auth.Public("discovery comes before any token"), "Discovery (OpenID Connect)")

// AuthorizationServer is the other.
var AuthorizationServer = api.Handler(Module, "GET /.well-known/oauth-authorization-server",
	auth.Public("discovery comes before any token"), "Discovery (RFC 8414)")
