package auth

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/slipway-go/slipway/problem"
)

// The codes of the refusals; clients may rely on them.
const (
	codeMissingToken  = "missing_token"
	codeInvalidToken  = "invalid_token"
	codeScope         = "insufficient_scope"
	codeCaller        = "wrong_caller"
	codeStaleLogin    = "insufficient_user_authentication"
	challengeHeader   = "WWW-Authenticate"
	retryAfterSeconds = "1"
)

func refuseUndeclared(a Access) error {
	return fmt.Errorf("authorize: %w", a.Valid())
}

// refuseMissing answers a request without credentials: by RFC 6750 its
// challenge names no error.
func refuseMissing() error {
	return problem.Unauthorized("this route needs a token: send the header Authorization: Bearer <access token>").
		WithCode(codeMissingToken).WithHeader(challengeHeader, "Bearer")
}

func refuseScheme() error {
	return problem.Unauthorized("the Authorization header holds no bearer token: send Authorization: Bearer <access token>").
		WithCode(codeMissingToken).WithHeader(challengeHeader, "Bearer")
}

func refuseToken(format string, args ...any) error {
	return problem.Unauthorized(format, args...).
		WithCode(codeInvalidToken).WithHeader(challengeHeader, `Bearer error="invalid_token"`)
}

func refuseRevoked() error {
	return refuseToken("the token's session has ended, or the token was revoked: refresh it, or log in again")
}

func refuseAudience(audience []string) error {
	return refuseToken("the token is addressed to somebody else: this route takes tokens for %s", strings.Join(audience, " or "))
}

func refuseCaller(r *rule, caller string) error {
	switch {
	case len(r.services) == 0:
		return forbidCaller("this route is for users: the service %s may call it for a user, not on its own", caller)
	case caller == "":
		return forbidCaller("this route is for services (%s): a token of the edge does not serve here", strings.Join(r.services, ", "))
	}
	return forbidCaller("this route admits the services %s, and not %s", strings.Join(r.services, ", "), caller)
}

func forbidCaller(format string, args ...any) error {
	return problem.Forbidden(format, args...).WithCode(codeCaller)
}

func refuseScope(missing []Permission) error {
	names, docs := make([]string, len(missing)), make([]string, len(missing))
	for i, p := range missing {
		names[i] = p.name
		docs[i] = fmt.Sprintf("%s (%s)", p.name, p.doc)
	}
	return problem.Forbidden("the token lacks the permission %s", strings.Join(docs, " and ")).
		WithCode(codeScope).
		WithHeader(challengeHeader, `Bearer error="insufficient_scope", scope="`+strings.Join(names, " ")+`"`)
}

// refuseStale is the challenge of RFC 9470: the client lets the user log in
// again and comes back.
func refuseStale(maxAge time.Duration) error {
	seconds := strconv.Itoa(int(maxAge.Seconds()))
	return problem.Unauthorized("this asks for a login within the last %s: log in again", maxAge).
		WithCode(codeStaleLogin).
		WithHeader(challengeHeader, `Bearer error="insufficient_user_authentication", `+
			`error_description="A more recent authentication is required", max_age="`+seconds+`"`)
}

// refuseOwner does not tell an object of somebody else from none.
func refuseOwner() error {
	return problem.NotFound("there is no such object, or it is not yours")
}

var errNoIssuer = errors.New("verify token: no issuer is configured: set VerifierConfig.Issuer")

// refuseForNow answers when the keys cannot be had: the token may well be good.
func refuseForNow(cause error) error {
	return problem.Unavailable("tokens cannot be checked now, since the issuer's keys cannot be reached: try again soon").
		WithHeader("Retry-After", retryAfterSeconds).Wrap(cause)
}
