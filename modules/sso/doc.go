// Package sso is the identity of a product: accounts, logins, sessions, and the
// tokens by which its modules know who is asking.
//
// A product lists it in its main function and has everything that package
// ssoapi describes:
//
//	slipway.Main(sso.New(), cart.New())
//
// # Guaranteed
//
//   - Users get the permissions that their roles have: by GrantTo in the modules'
//     contracts, and by what was changed since. New accounts have the role
//     SSO_DEFAULT_ROLE, and nothing in a registration can change that.
//   - Nobody gives or takes a permission that they lack themselves, and nobody takes
//     the last admin away. A changed role of an account is felt within seconds, what
//     a role permits within SSO_ACCESS_TOKEN_LIFE.
//   - Every module is a client named after itself. What it reaches is what it
//     declares: its neighbours, and of their permissions those that the user has
//     or that routes give it by Services.
//   - An access token lives for minutes and is addressed to one audience. What a
//     service gets for a neighbour by exchange is of no use at any other. The
//     token of a login is addressed to the edge, and so to every module there.
//   - Passwords are kept as argon2id. A login takes the same work whether the
//     account exists or not, and wrong ones slow down the next from the same
//     address without ever locking the account.
//   - A code is good for one thing, once, for five minutes and five tries, however many
//     come at once; one try, where many were sent. Strangers who ask for somebody's codes
//     make them wait for minutes (ten by mail, thirty by SMS) and never lock them out. Who asks for a code, or for a reset, does not learn whether the
//     address has an account.
//   - Whoever registers with an e-mail that is not theirs loses the account to who reads
//     its mail: the first login by a mailed code, or reset, takes away the password, passkeys,
//     linked logins, phone and sessions that were there.
//   - The owner is told by mail of another password, e-mail, phone, passkey or linked login,
//     and of one that was removed.
//   - Text messages go to mobile phones of the countries that SSO_SMS_COUNTRIES names, so
//     many a day and no more; premium, shared and personal numbers get none.
//   - A message leaves if the change is committed that causes it, at least once, and is
//     not sent when it comes too late to be of use. What waits is encrypted.
//   - The access tokens of a session that has ended are refused within five seconds,
//     by every process of the product: GET /oauth/revocations tells of it.
//   - A user has 100 logins at most, and a login 5 sessions of one client: the oldest end.
//   - Two credentials of a service are valid at most, so that one follows the other
//     without a refused call.
//   - Keys rotate by themselves and are never lost to a restart; the database
//     holds their private halves encrypted.
//
// # Operating it
//
// Commands of the product's binary work on its database: "sso users grant" makes the
// first admin, "sso access" prints who may do what, and "sso roles", "sso services" and
// "sso keys" change the rest. All but the first admin goes by API as well, with the
// permissions that the role admin has by default.
//
//   - A code is good for one purpose, once, for five minutes and five tries. Answers
//     about codes and resets are the same for an address that nobody has.
//   - A browser's cookie is an opaque secret of which the database holds a hash. Forms of
//     other websites are refused, and a login takes another secret.
//   - What is sent to people leaves by a job, whose row is sealed: a code is in no table
//     in plain text.
//
// # Not guaranteed
//
//   - Every registered client counts as the product's own: nobody is asked for consent.
//   - There is no second factor beside a password; a passkey is both in one.
//   - A message may be sent twice when a provider's answer is lost. Its ID is the same then.
//   - Pages and messages are in English. A [Sender] may use words of its own.
//
// # What people see
//
// Pages below /sso/ let people log in, register, reset a password and look after their
// account; they serve the authorization code flow and, by a cookie, the product's own
// website. In development mail and text messages go to the page /sso/outbox.
//
// # Testing
//
// Tests of other modules need no SSO: slipwaytest issues tokens by itself. A
// test of the whole product registers and logs in as a person would. What would be
// sent to people stands in the outbox: GET /sso/outbox, as JSON for who asks for it.
package sso
