// Package grant is the OAuth 2.0 core of module sso: the endpoints of RFC 6749,
// 7009, 7662 and 8414 and of OpenID Connect (Core, Discovery, RP-Initiated Logout), as
// HTTP handlers.
//
// It grants authorization_code with PKCE, client_credentials, refresh_token with
// rotation, and token exchange (RFC 8693), and mints access tokens by RFC 9068 and ID
// tokens. It knows nothing of accounts, passwords or tables: who the clients are, what
// they may reach, who has logged in in a browser and which sessions go on, its interfaces
// tell it.
//
// The authorization endpoint sends nothing to an address before it knows that the client
// has registered it, letter by letter; what is wrong until then a page tells. Afterwards
// every answer names its issuer (RFC 9207). A code is redeemed once; a second time ends
// the session that came of it.
//
// The token endpoint takes a POST of a form and nothing else. It refuses a
// query, a repeated parameter, two ways of client authentication at once, a
// grant that the client is not registered for, a scope wider than the source
// of the grant, and an audience that the caller did not declare. Whether a
// secret is right is decided in constant time. Answers are never stored by
// caches and readable to scripts of allowed origins only.
package grant
