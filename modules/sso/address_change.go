package sso

import (
	"context"
	"errors"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/modules/sso/ssoapi"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/problem"
)

func (s *service) changeEmail(ctx context.Context, in ssoapi.ChangeEmailInput) (ssoapi.Challenge, error) {
	to, err := s.recipientOf(Mail, in.Body.Email, "body.email")
	if err != nil {
		return ssoapi.Challenge{}, err
	}
	me, err := s.self(ctx)
	if err != nil {
		return ssoapi.Challenge{}, err
	}
	return s.askForNew(ctx, forEmail, to, me, in.Origin)
}

func (s *service) changePhone(ctx context.Context, in ssoapi.ChangePhoneInput) (ssoapi.Challenge, error) {
	to, err := s.recipientOf(SMS, in.Body.Phone, "body.phone")
	if err != nil {
		return ssoapi.Challenge{}, err
	}
	me, err := s.self(ctx)
	if err != nil {
		return ssoapi.Challenge{}, err
	}
	if !me.confirmed {
		return ssoapi.Challenge{}, problem.Conflict("confirm your e-mail first; a phone comes after it").WithCode(emailUnconfirmed)
	}
	return s.askForNew(ctx, forPhone, to, me, in.Origin)
}

// askForNew sends a code to an address that is to be the caller's. Whether another has
// it is told once the code has shown that it is theirs.
func (s *service) askForNew(ctx context.Context, p purpose, to recipient, me account, from ssoapi.Origin) (ssoapi.Challenge, error) {
	leave, err := s.limit(ctx, to, me.id.String(), from.Address(s.proxies)) // one has as many accounts as one likes
	if err != nil {
		return ssoapi.Challenge{}, err
	}
	return s.sendTo(ctx, p, leave, me, true)
}

func (s *service) confirmEmail(ctx context.Context, in ssoapi.ConfirmInput) (api.Empty, error) {
	return s.takeNew(ctx, forEmail, in, func(ctx context.Context, tx postgres.Tx, me account, email string) error {
		err := s.accounts.change(ctx, tx, me.id, `email = $3, email_confirmed_at = $2`, email)
		if errors.Is(err, errTaken) {
			return problem.Conflict("there is another account with this e-mail").WithCode("email_taken")
		}
		if err != nil || email == me.email {
			return err
		}
		return s.codes.tell(ctx, tx, me, me.email, emailChanged)
	})
}

func (s *service) confirmPhone(ctx context.Context, in ssoapi.ConfirmInput) (api.Empty, error) {
	return s.takeNew(ctx, forPhone, in, func(ctx context.Context, tx postgres.Tx, me account, phone string) error {
		err := s.accounts.change(ctx, tx, me.id, `phone = $3`, phone)
		if errors.Is(err, errTaken) {
			return problem.Conflict("there is another account with this phone").WithCode("phone_taken")
		}
		if err != nil {
			return err
		}
		return s.codes.tell(ctx, tx, me, me.email, phoneChanged)
	})
}

// takeNew has change make an address the caller's, who has its code.
func (s *service) takeNew(ctx context.Context, p purpose, in ssoapi.ConfirmInput, change func(context.Context, postgres.Tx, account, string) error) (api.Empty, error) {
	me, err := s.self(ctx)
	if err != nil {
		return api.Empty{}, err
	}
	t := try{in.Body.ChallengeID, p, in.Body.Code}
	return api.Empty{}, s.redeem(ctx, t, in.Origin, func(ctx context.Context, tx postgres.Tx, ch challenge) error {
		if ch.user != me.id {
			return wrongCode() // somebody else's challenge
		}
		if err := s.accounts.hold(ctx, tx, me.id, currentSession(ctx)); err != nil {
			return err
		}
		s.logger.InfoContext(ctx, "address changed", "user_id", me.id, "channel", ch.channel)
		return change(ctx, tx, me, ch.target)
	})
}

func (s *service) removePhone(ctx context.Context, _ api.Empty) (api.Empty, error) {
	me, err := s.self(ctx)
	if err != nil || me.phone == "" {
		return api.Empty{}, err
	}
	return api.Empty{}, s.accounts.db.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error {
		if err := s.accounts.change(ctx, tx, me.id, `phone = NULL`); err != nil {
			return err
		}
		return s.codes.tell(ctx, tx, me, me.email, phoneChanged)
	})
}
