package grant

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/go-jose/go-jose/v4"
)

// maxToken is what a verifier takes.
const maxToken = 8 << 10

// verifyOwn returns the payload of a token that one of the published keys has signed.
// package auth takes access tokens only, and none that has expired.
func (s *Server) verifyOwn(ctx context.Context, raw, typ string) ([]byte, error) {
	text, err := s.cfg.Keys.Public(ctx)
	if err != nil {
		return nil, err
	}
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(text, &set); err != nil {
		return nil, fmt.Errorf("read the key set: %w", err)
	}
	if len(raw) > maxToken {
		return nil, errHint
	}
	token, err := jose.ParseSignedCompact(raw, []jose.SignatureAlgorithm{jose.EdDSA, jose.ES256})
	if err != nil || token.Signatures[0].Header.ExtraHeaders[jose.HeaderType] != typ {
		return nil, errHint
	}
	for _, key := range set.Key(token.Signatures[0].Header.KeyID) {
		if payload, err := token.Verify(key); err == nil && key.Algorithm == token.Signatures[0].Header.Algorithm {
			return payload, nil
		}
	}
	return nil, errHint
}
