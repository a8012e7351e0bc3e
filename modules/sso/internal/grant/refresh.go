package grant

import (
	"context"
	"errors"

	"github.com/slipway-go/slipway/modules/sso/internal/session"
)

// refresh redeems a refresh token for the next two tokens.
func (s *Server) refresh(ctx context.Context, r request) (answer, error) {
	if err := r.form.need("refresh_token"); err != nil {
		return answer{}, err
	}
	continued, next, err := s.cfg.Sessions.Redeem(ctx, session.Redemption{Token: r.form["refresh_token"], Client: r.client.ID, Arrived: r.arrived})
	if err != nil {
		return answer{}, s.redemptionError(ctx, err)
	}
	a, err := s.userTokens(ctx, r.client, continued, r.form["scope"], "")
	a.RefreshToken = next
	return a, err
}

func (s *Server) redemptionError(ctx context.Context, err error) error {
	if errors.Is(err, session.ErrReplayed) {
		s.cfg.Logger.WarnContext(ctx, "refresh token replayed, session ended")
	}
	return invalidGrant(err, session.ErrUnknown, session.ErrOver, session.ErrRaced, session.ErrReplayed)
}
