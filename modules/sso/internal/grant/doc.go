// Package grant is the OAuth 2.0 core of module sso: the token endpoint, the
// key set and the discovery documents, as HTTP handlers.
//
// It grants client_credentials (RFC 6749), refresh_token with rotation, and
// token exchange (RFC 8693), and mints access tokens by RFC 9068. It knows
// nothing of accounts, passwords or tables: who the clients are, what they may
// reach and which sessions go on, its interfaces tell it.
//
// The token endpoint takes a POST of a form and nothing else. It refuses a
// query, a repeated parameter, two ways of client authentication at once, a
// grant that the client is not registered for, a scope wider than the source
// of the grant, and an audience that the caller did not declare. Whether a
// secret is right is decided in constant time. Answers are never stored by
// caches and readable to scripts of allowed origins only.
package grant
