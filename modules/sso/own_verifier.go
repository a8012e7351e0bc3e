package sso

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/httpclient"
	"github.com/slipway-go/slipway/modules/sso/internal/keys"
)

// ownVerifier is the one verifier of the kit, which reads keys and revocations where they
// are: what a token was exchanged for must not outlive it.
func (s *service) ownVerifier(issuer string, ring *keys.Ring) *auth.Verifier {
	const keySet, revocations = "http://sso/oauth/jwks", "http://sso/oauth/revocations"
	return auth.NewVerifier(auth.VerifierConfig{
		Issuer: issuer, JWKSURL: keySet, RevocationsURL: revocations,
		Transport: httpclient.RoundTripperFunc(func(r *http.Request) (*http.Response, error) {
			read := ring.Public
			if r.URL.String() != keySet {
				read = func(ctx context.Context) ([]byte, error) { return s.revocationsAfter(ctx, r.URL.Query().Get("after")) }
			}
			document, err := read(r.Context())
			if err != nil {
				return nil, err
			}
			return jsonResponse(r, document), nil
		}),
	})
}

func (s *service) revocationsAfter(ctx context.Context, cursor string) ([]byte, error) {
	page, err := s.revoked.After(ctx, cursor)
	if err != nil {
		return nil, err
	}
	return json.Marshal(page)
}
