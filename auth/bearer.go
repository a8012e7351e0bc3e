package auth

import (
	"context"
	"net/http"
	"net/url"
	"strings"
)

// queryToken is the parameter in which RFC 6750 once allowed a token. Queries
// end in logs, histories and Referer headers, so a request with it is refused.
const queryToken = "access_token"

// Authenticate finds the token of the request and verifies it: exactly one
// Authorization header with a bearer token, and none in the query. It returns
// the raw token too, for the exchange. It reads nothing of the body.
func (v *Verifier) Authenticate(ctx context.Context, r *http.Request) (p *Principal, raw string, err error) {
	raw, err = bearer(r)
	if err != nil {
		return nil, "", err
	}
	p, err = v.Verify(ctx, raw)
	if err != nil {
		return nil, "", err
	}
	return p, raw, nil
}

func bearer(r *http.Request) (string, error) {
	if hasQueryToken(r.URL.RawQuery) {
		return "", refuseToken("a token in the query is refused, since queries are written to logs: send it in the Authorization header")
	}
	values := r.Header["Authorization"]
	switch len(values) {
	case 0:
		return "", refuseMissing()
	case 1:
		return bearerToken(values[0])
	}
	return "", refuseToken("the request has %d Authorization headers: send one", len(values))
}

func bearerToken(value string) (string, error) {
	scheme, raw, _ := strings.Cut(value, " ")
	if !strings.EqualFold(scheme, "Bearer") || raw == "" {
		return "", refuseScheme()
	}
	return raw, nil
}

// hasQueryToken looks for the parameter in any spelling, without decoding a
// query that has none.
func hasQueryToken(query string) bool {
	for pair := range strings.SplitSeq(query, "&") {
		name, _, _ := strings.Cut(pair, "=")
		if strings.ContainsAny(name, "%+") {
			decoded, err := url.QueryUnescape(name)
			if err != nil {
				continue // no parser of ours sees a name in it
			}
			name = decoded
		}
		if strings.EqualFold(name, queryToken) {
			return true
		}
	}
	return false
}
