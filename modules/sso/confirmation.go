package sso

import (
	"context"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/modules/sso/ssoapi"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/problem"
)

func (s *service) confirm(ctx context.Context, in ssoapi.ConfirmInput) (api.Empty, error) {
	t := try{in.Body.ChallengeID, forConfirm, in.Body.Code}
	return api.Empty{}, s.redeem(ctx, t, in.Origin, func(ctx context.Context, tx postgres.Tx, ch challenge) error {
		found, known, err := findAccount(ctx, tx, `id = $1`, ch.user)
		if err != nil {
			return err
		}
		if !known || found.email != ch.target {
			return wrongCode() // the account has another e-mail by now
		}
		s.logger.InfoContext(ctx, "e-mail confirmed", "user_id", found.id)
		return s.accounts.confirmEmail(ctx, tx, found.id)
	})
}

func (s *service) resendConfirmation(ctx context.Context, in ssoapi.ResendInput) (ssoapi.Challenge, error) {
	me, err := s.self(ctx)
	if err != nil {
		return ssoapi.Challenge{}, err
	}
	if me.confirmed {
		return ssoapi.Challenge{}, problem.Conflict("the e-mail is confirmed already").WithCode("email_confirmed")
	}
	leave, err := s.limit(ctx, recipient{Mail, me.email}, in.Address(s.proxies))
	if err != nil {
		return ssoapi.Challenge{}, err
	}
	return s.sendTo(ctx, forConfirm, leave, me, true)
}
