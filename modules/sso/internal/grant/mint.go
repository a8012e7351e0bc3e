package grant

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/slipway-go/slipway/auth"
)

// A Signer signs payloads as tokens of a type, by an algorithm of package auth.
type Signer interface {
	Sign(ctx context.Context, algorithm, typ string, payload []byte) (string, error)
}

// The types of tokens, as their headers have them.
const (
	typeOfAccess = "at+jwt" // RFC 9068
	typeOfID     = "JWT"
)

// Claims are what a token says besides where and when it was issued.
type Claims struct {
	Subject  string
	Audience string
	Client   string
	Session  string
	AuthTime time.Time
	Scopes   []string
	Actors   []string // outermost first
	// AsOf is when that was looked up on which the token relies, and so what it is issued
	// at: what was changed meanwhile is a reason to refuse it. Default: now.
	AsOf time.Time
	// Algorithm signs the token. Default: EdDSA.
	Algorithm string
	// NotAfter caps the token's life; zero for none.
	NotAfter time.Time
}

// A Minter makes access tokens.
type Minter struct {
	Issuer string
	Life   time.Duration
	Signer Signer
}

// payload has the claims of RFC 9068 and the session.
type payload struct {
	Issuer    string `json:"iss"`
	Subject   string `json:"sub"`
	Audience  string `json:"aud"`
	ClientID  string `json:"client_id"`
	SessionID string `json:"sid,omitempty"`
	ID        string `json:"jti"`
	AuthTime  int64  `json:"auth_time,omitempty"`
	Scope     string `json:"scope"`
	Act       *actor `json:"act,omitempty"`
	ExpiresAt int64  `json:"exp"`
	// IssuedAt has milliseconds, as RFC 7519 allows: what is revoked are the tokens of
	// before a time, and the next one may come within the same second.
	IssuedAt float64 `json:"iat"`
}

type actor struct {
	Subject string `json:"sub"`
	Act     *actor `json:"act,omitempty"`
}

// An AccessToken is a token and how long it lives.
type AccessToken struct {
	Token     string
	ExpiresIn int64 // seconds
}

// Mint returns a token that begins to live now.
func (m Minter) Mint(ctx context.Context, c Claims) (AccessToken, error) {
	now := cmp.Or(c.AsOf, time.Now())
	expires := now.Add(m.Life)
	if !c.NotAfter.IsZero() && c.NotAfter.Before(expires) {
		expires = c.NotAfter
	}
	p := payload{
		Issuer: m.Issuer, Subject: c.Subject, Audience: c.Audience, ClientID: c.Client, SessionID: c.Session,
		ID: rand.Text(), Scope: strings.Join(c.Scopes, " "), Act: nest(c.Actors), IssuedAt: float64(now.UnixMilli()) / 1000, ExpiresAt: expires.Unix(),
	}
	if !c.AuthTime.IsZero() {
		p.AuthTime = c.AuthTime.Unix()
	}
	b, err := json.Marshal(p)
	if err != nil {
		return AccessToken{}, fmt.Errorf("encode a token: %w", err)
	}
	token, err := m.Signer.Sign(ctx, cmp.Or(c.Algorithm, auth.EdDSA), typeOfAccess, b)
	if err != nil {
		return AccessToken{}, err
	}
	return AccessToken{Token: token, ExpiresIn: p.ExpiresAt - now.Unix()}, nil
}

// nest makes the chain of act claims, the outermost first.
func nest(actors []string) *actor {
	if len(actors) == 0 {
		return nil
	}
	return &actor{Subject: actors[0], Act: nest(actors[1:])}
}
