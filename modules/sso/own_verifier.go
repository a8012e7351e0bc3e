package sso

import (
	"bytes"
	"io"
	"net/http"

	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/httpclient"
	"github.com/slipway-go/slipway/modules/sso/internal/keys"
)

// ownVerifier is the one verifier of the kit, which reads the keys where they are. What
// was revoked the grants look up in the database, which knows it at once.
func ownVerifier(issuer string, ring *keys.Ring) *auth.Verifier {
	return auth.NewVerifier(auth.VerifierConfig{
		Issuer: issuer, JWKSURL: "http://sso/oauth/jwks",
		Transport: httpclient.RoundTripperFunc(func(r *http.Request) (*http.Response, error) {
			set, err := ring.Public(r.Context())
			if err != nil {
				return nil, err
			}
			return jsonResponse(r, set), nil
		}),
	})
}

func jsonResponse(r *http.Request, body []byte) *http.Response {
	return &http.Response{
		Status: "200 OK", StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {"application/json"}},
		Body:   io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)), Request: r,
	}
}
