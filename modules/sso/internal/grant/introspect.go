package grant

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/problem"
)

// An introspection is the answer of RFC 7662, 2.2; of a token that is not good, or
// that is none of the client's business, it says nothing else than that.
type introspection struct {
	Active    bool     `json:"active"`
	Issuer    string   `json:"iss,omitempty"`
	Subject   string   `json:"sub,omitempty"`
	Audience  []string `json:"aud,omitempty"`
	ClientID  string   `json:"client_id,omitempty"`
	SessionID string   `json:"sid,omitempty"`
	ID        string   `json:"jti,omitempty"`
	Scope     string   `json:"scope,omitempty"`
	TokenType string   `json:"token_type,omitempty"`
	Act       *actor   `json:"act,omitempty"`
	AuthTime  int64    `json:"auth_time,omitempty"`
	IssuedAt  int64    `json:"iat,omitempty"`
	ExpiresAt int64    `json:"exp,omitempty"`
}

// Introspect serves POST /oauth/introspect, for clients that can keep a secret.
func (s *Server) Introspect() http.Handler {
	return s.clientEndpoint(func(ctx context.Context, client Client, f form) (any, error) {
		if client.Public {
			return nil, invalidClient("client " + client.ID + " has no secret, and so may not look into tokens")
		}
		if err := f.need("token"); err != nil {
			return nil, err
		}
		return s.introspect(ctx, client, f["token"])
	})
}

func (s *Server) introspect(ctx context.Context, client Client, token string) (introspection, error) {
	p, err := s.cfg.Verifier.Verify(ctx, token)
	if problem.Status(err) == http.StatusUnauthorized {
		return s.introspectRefresh(ctx, client, token)
	}
	if err != nil {
		return introspection{}, err
	}
	if good, err := s.cfg.Sessions.Believes(ctx, p); err != nil || !good || !s.concerns(client, p) {
		return introspection{}, err
	}
	i := introspection{
		Active: true, Issuer: s.cfg.Issuer, Subject: p.Subject, Audience: p.Audience, ClientID: p.ClientID, SessionID: p.SessionID, ID: p.TokenID,
		Scope: strings.Join(p.Scopes(), " "), TokenType: "Bearer", Act: nest(p.Actors), IssuedAt: p.IssuedAt.Unix(), ExpiresAt: p.ExpiresAt.Unix(),
	}
	if !p.AuthTime.IsZero() {
		i.AuthTime = p.AuthTime.Unix()
	}
	return i, nil
}

// concerns reports whether the token was issued to the client or is addressed to it,
// as one for the edge is to every service.
func (s *Server) concerns(client Client, p *auth.Principal) bool {
	service := slices.Contains(client.Grants, TokenExchange)
	return p.ClientID == client.ID || slices.Contains(p.Audience, client.ID) || service && slices.Contains(p.Audience, s.cfg.EdgeAudience)
}

func (s *Server) introspectRefresh(ctx context.Context, client Client, token string) (introspection, error) {
	of, good, err := s.cfg.Sessions.OfToken(ctx, token)
	if err != nil || !good || of.Client != client.ID {
		return introspection{}, err
	}
	return introspection{
		Active: true, Issuer: s.cfg.Issuer, Subject: of.User.String(), ClientID: of.Client, SessionID: of.ID.String(),
		Scope: strings.Join(of.Scope, " "), AuthTime: of.AuthTime.Unix(), ExpiresAt: of.ExpiresAt.Unix(),
	}, nil
}
