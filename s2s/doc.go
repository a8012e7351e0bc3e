// Package s2s calls a neighbour: another module, in this process or across the
// network, through one and the same chain of layers.
//
// A [Client] reaches one neighbour for one caller. Package api encodes the
// call; the client adds the deadline, retries, the breaker, the token, the
// trace and the log line:
//
//	deadline → retry → breaker → token (once more on 401) → attempt timeout → trace → log → transport
//
// # Guaranteed
//
//   - On whose behalf a call is made is never guessed. Inside a user's request
//     it is the user's: the token is exchanged for one addressed to the
//     neighbour (RFC 8693), or passed on as it is where a setting says so.
//     A call as the service needs [auth.AsService] and a reason. There is no
//     fall-back from the one to the other.
//   - A call inside a database transaction is refused before anything is sent.
//   - A hundred cold callers fetch one token; a live token keeps working while
//     the SSO is down.
//   - Nothing crosses to a neighbour in the same process but what would cross
//     the network: bytes, the deadline, the cancellation and the trace.
//
// # Not guaranteed
//
// A call is made at least once when it may be retried (GET, PUT, DELETE, or a
// key of idempotency) and at most once otherwise. A call that fails late may
// have taken effect.
//
// # Testing
//
// Package slipwaytest answers calls at HTTP level, checked against the
// neighbour's contract.
package s2s
