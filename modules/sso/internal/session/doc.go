// Package session keeps logins and the refresh tokens that continue them.
//
// A refresh token is redeemed once, for its child. So much is guaranteed, over
// any number of processes on one database:
//
//   - Of several requests that redeem one token at once, one wins; the others
//     get [ErrRaced], and the session goes on.
//   - A token that was redeemed can be redeemed again as long as its child was
//     not: the first answer was lost on the way. The child is replaced and dies.
//   - Any older or replaced token is a copy in the wrong hands: it ends the
//     session, with [ErrReplayed].
//
// What came first is told by the database's clock; those of the processes may differ.
//
// A browser's session lets clients in by codes. A code is redeemed once, for a child
// of that session; redeeming it again ends the child, with [ErrCodeReplayed].
//
// Tokens and codes are stored as their SHA-256; with 256 random bits they need no salt.
package session
