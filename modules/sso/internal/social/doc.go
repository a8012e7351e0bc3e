// Package social logs people in by other OpenID providers, of which it is a client
// (OpenID Connect Core 1.0, the code flow).
//
// [Provider.Begin] returns where the browser goes; [Provider.Finish] reads with what it
// comes back and returns who it is. What both share is an [Attempt], which only the
// browser that began can repeat: state, nonce and the proof of the code (PKCE, RFC 7636)
// are derived from the secret in its cookie.
//
// Guaranteed: an ID token is believed if the provider has signed it for this client and
// this attempt. An answer that names another issuer is refused (RFC 9207). Whatever the
// provider answers is bounded in size and in time, and no redirect of it is followed.
//
// Not guaranteed: that the e-mail is the person's. The provider says whether it has
// verified it; what follows from that is the caller's to decide.
//
// The libraries are go-oidc and x/oauth2. The keys of a provider are fetched again for an
// unknown key, which is no danger here: tokens come from the provider itself, over TLS,
// and never from a browser.
package social
