package grant

import (
	"context"
	"net/http"

	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/problem"
)

// Revoke serves POST /oauth/revoke (RFC 7009). A refresh token takes its session with
// it, and so every token of that; an access token goes alone.
func (s *Server) Revoke() http.Handler {
	return s.clientEndpoint(func(ctx context.Context, client Client, f form) (any, error) {
		if err := f.need("token"); err != nil {
			return nil, err
		}
		return nil, s.revoke(ctx, client, f["token"])
	})
}

func (s *Server) revoke(ctx context.Context, client Client, token string) error {
	p, err := s.cfg.Verifier.Verify(ctx, token)
	switch {
	case problem.Status(err) == http.StatusUnauthorized:
		return s.revokeRefresh(ctx, client, token)
	case err != nil:
		return err
	case p.ClientID != client.ID:
		return foreignToken()
	}
	return s.revokeAccess(ctx, p)
}

// revokeAccess takes back what is believed still. Every process keeps what was revoked, and
// forgets the oldest when it is too much: nobody may push it out with tokens of their own.
func (s *Server) revokeAccess(ctx context.Context, p *auth.Principal) error {
	if good, err := s.cfg.Sessions.Believes(ctx, p); err != nil || !good {
		return err
	}
	if err := s.cfg.RevocationBrake(ctx, p.Subject); err != nil {
		return err
	}
	return s.cfg.Sessions.RevokeToken(ctx, p.TokenID, p.ExpiresAt)
}

func (s *Server) revokeRefresh(ctx context.Context, client Client, token string) error {
	of, _, err := s.cfg.Sessions.OfToken(ctx, token)
	switch {
	case err != nil, of.Client == "": // what is not known is not good, as was asked
		return err
	case of.Client != client.ID:
		return foreignToken()
	}
	return s.cfg.Sessions.End(ctx, of.ID, "its refresh token was revoked")
}

func foreignToken() error {
	return refuse("unauthorized_client", "the token was issued to another client")
}
