// Package sso is the identity of a product: accounts, logins, sessions, and the
// tokens by which its modules know who is asking.
package sso
