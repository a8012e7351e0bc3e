package grant

import (
	"context"
	"errors"
	"strings"

	"github.com/slipway-go/slipway/modules/sso/internal/session"
)

// refresh redeems a refresh token for the next two tokens. Permissions are
// those of now: a role that was taken away is gone within one token's life.
func (s *Server) refresh(ctx context.Context, r request) (answer, error) {
	if err := r.form.need("refresh_token"); err != nil {
		return answer{}, err
	}
	continued, next, err := s.cfg.Sessions.Redeem(ctx, session.Redemption{Token: r.form["refresh_token"], Client: r.client.ID, Arrived: r.arrived})
	if err != nil {
		return answer{}, s.redemptionError(ctx, err)
	}
	available, open, err := s.cfg.Subjects.Permissions(ctx, continued.User)
	if err != nil {
		return answer{}, err
	}
	if !open {
		return answer{}, refuse("invalid_grant", "the account is closed")
	}
	scopes, err := narrow(r.form["scope"], available)
	if err != nil {
		return answer{}, err
	}
	t, err := s.cfg.Minter.Mint(ctx, UserClaims(continued, s.cfg.EdgeAudience, scopes))
	if err != nil {
		return answer{}, err
	}
	return answer{AccessToken: t.Token, TokenType: "Bearer", ExpiresIn: t.ExpiresIn, RefreshToken: next, Scope: strings.Join(scopes, " ")}, nil
}

// UserClaims are those of a user's own token, as it comes from a login.
func UserClaims(s session.Session, audience string, scopes []string) Claims {
	return Claims{
		Subject: s.User.String(), Audience: audience, Client: s.Client, Session: s.ID.String(),
		AuthTime: s.AuthTime, Scopes: scopes, NotAfter: s.ExpiresAt,
	}
}

func (s *Server) redemptionError(ctx context.Context, err error) error {
	for _, expected := range []error{session.ErrUnknown, session.ErrOver, session.ErrRaced, session.ErrReplayed} {
		if !errors.Is(err, expected) {
			continue
		}
		if expected == session.ErrReplayed { //nolint:errorlint // an element of the list above
			s.cfg.Logger.WarnContext(ctx, "refresh token replayed, session ended")
		}
		return refuse("invalid_grant", "%v", expected)
	}
	return err
}
