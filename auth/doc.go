// Package auth knows who asks and what they may do.
//
// A contract declares what its routes ask for, as values:
//
//	var Read = auth.Perm("cart:read", "See your cart").GrantTo("customer")
//
//	auth.Need(Read).Owner() // an Access: users with the permission, for what is theirs
//
// The api package enforces it before a request is parsed: a [Verifier] turns
// the token into a [Principal], [Access.Authorize] decides, and a [Guard] goes
// along in the context. A handler of an Owner route calls [Own] once it knows
// whose the object is.
//
// # Who is admitted
//
// Users are admitted by default, straight from the edge or through a service
// that exchanged their token. Services on their own are admitted where
// [Access.Services] names them. A route that names services and not users is
// for these services only and refuses the edge's tokens. Permissions come from
// the token's scope claim and from nowhere else.
//
// # Guaranteed
//
//   - Only EdDSA and ES256 signatures by a key that the issuer publishes are
//     believed (RS256 by configuration), on access tokens (at+jwt) whose header
//     holds alg, typ and kid and nothing else. Claims are read after that.
//   - A refused token is 401, and says why; a refused bearer is 403. When the
//     keys cannot be had it is 503: the token may be good.
//   - Keys are refreshed every five minutes behind a call and kept for a day
//     while the issuer is down. Unknown key ids cost one fetch in 30 seconds,
//     however many there are. Constructors start nothing.
//   - Verified tokens are remembered by their SHA-256 until they expire or a
//     key is withdrawn, in bounded memory. A remembered token takes about half
//     a microsecond.
//   - Where the issuer tells what it has revoked, a session that was ended is
//     refused within five seconds. While the issuer is down, or takes longer than
//     a second to answer, live tokens go on and what is known to have ended stays so.
//   - The zero [Access] admits nobody. An object without an owner is nobody's.
//
// # Not guaranteed
//
//   - An issuer without [VerifierConfig.RevocationsURL] cannot take tokens back: they
//     are believed until they expire. A service that starts while the SSO is down
//     knows neither keys nor revocations, and believes nothing until it has the keys.
//   - Of more than 262,144 revocations at once those from longest ago are forgotten.
//   - A Principal's fields are not protected from a handler in the same process
//     that writes to them: they are shared, read them only.
//   - A 404 of [Own] may differ from your own 404 by its detail. Where that
//     tells too much, choose ids that cannot be guessed.
//
// Package authtest issues good tokens, and every wrong kind, to test with.
package auth
