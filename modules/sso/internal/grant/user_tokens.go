package grant

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/slipway-go/slipway/modules/sso/internal/session"
)

// userTokens returns an access token of the session for the client, and an ID token
// if the scope has openid. Permissions are those of now: a role that was taken away is
// gone within one token's life.
func (s *Server) userTokens(ctx context.Context, client Client, of session.Session, scope, nonce string) (answer, error) {
	asOf := time.Now()
	available, open, err := s.cfg.Subjects.Permissions(ctx, of.User)
	if err != nil {
		return answer{}, err
	}
	if !open {
		return answer{}, refuse("invalid_grant", "the account is closed")
	}
	if client.ID != s.cfg.FirstParty {
		available = client.granted(of.Scope, available)
	}
	scopes, err := narrow(scope, available)
	if err != nil {
		return answer{}, err
	}
	claims := UserClaims(of, s.cfg.EdgeAudience, scopes)
	claims.Algorithm, claims.AsOf = client.Algorithm, asOf
	t, err := s.cfg.Minter.Mint(ctx, claims)
	if err != nil {
		return answer{}, err
	}
	a := answer{AccessToken: t.Token, TokenType: "Bearer", ExpiresIn: t.ExpiresIn, Scope: strings.Join(scopes, " ")}
	if slices.Contains(scopes, scopeOpenID) {
		a.IDToken, err = s.cfg.Minter.MintID(ctx, client, of, t, nonce)
	}
	return a, err
}

// UserClaims are those of a user's own token, as it comes from a login.
func UserClaims(s session.Session, audience string, scopes []string) Claims {
	return Claims{
		Subject: s.User.String(), Audience: audience, Client: s.Client, Session: s.ID.String(),
		AuthTime: s.AuthTime, Scopes: scopes, NotAfter: s.ExpiresAt,
	}
}
