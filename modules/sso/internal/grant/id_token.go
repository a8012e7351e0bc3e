package grant

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/modules/sso/internal/session"
)

// An idToken has the claims of OpenID Connect Core, 2, and the session that a client
// ends by its end_session_endpoint. What the client may know of the person, it asks
// the userinfo endpoint.
type idToken struct {
	Issuer    string   `json:"iss"`
	Subject   string   `json:"sub"`
	Audience  string   `json:"aud"`
	SessionID string   `json:"sid"`
	AuthTime  int64    `json:"auth_time"`
	Methods   []string `json:"amr,omitempty"`
	Nonce     string   `json:"nonce,omitempty"`
	TokenHash string   `json:"at_hash"`
	IssuedAt  int64    `json:"iat"`
	ExpiresAt int64    `json:"exp"`
}

// MintID returns the ID token that goes with an access token.
func (m Minter) MintID(ctx context.Context, client Client, of session.Session, access AccessToken, nonce string) (string, error) {
	algorithm, now := cmp.Or(client.Algorithm, auth.EdDSA), time.Now().Unix()
	b, err := json.Marshal(idToken{
		Issuer: m.Issuer, Subject: of.User.String(), Audience: client.ID, SessionID: of.ID.String(), AuthTime: of.AuthTime.Unix(),
		Methods: methodReferences(of.Method), Nonce: nonce, TokenHash: tokenHash(algorithm, access.Token),
		IssuedAt: now, ExpiresAt: now + access.ExpiresIn,
	})
	if err != nil {
		return "", fmt.Errorf("encode an ID token: %w", err)
	}
	return m.Signer.Sign(ctx, algorithm, typeOfID, b)
}

// methodReferences are those of RFC 8176; it has none for another provider.
func methodReferences(m session.Method) []string {
	switch m {
	case session.Password:
		return []string{"pwd"}
	case session.Code:
		return []string{"otp"}
	case session.Passkey:
		return []string{"pop", "user"} // proof of a key's possession, and of its holder's presence
	}
	return nil
}

// tokenHash is the left half of the hash that belongs to the algorithm: of Ed25519,
// SHA-512.
func tokenHash(algorithm, token string) string {
	if algorithm == auth.EdDSA {
		sum := sha512.Sum512([]byte(token))
		return base64.RawURLEncoding.EncodeToString(sum[:sha512.Size/2])
	}
	sum := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(sum[:sha256.Size/2])
}

// parseIDToken reads one that was issued here, however long ago: as a hint it tells
// whom a client means, and gives nobody access to anything.
func (s *Server) parseIDToken(ctx context.Context, raw string) (idToken, error) {
	payload, err := s.verifyOwn(ctx, raw, typeOfID)
	if err != nil {
		return idToken{}, err
	}
	var id idToken
	if err := json.Unmarshal(payload, &id); err != nil || id.Issuer != s.cfg.Issuer {
		return idToken{}, errHint
	}
	return id, nil
}

var errHint = invalidRequest("id_token_hint is no ID token that was issued here")
