package sso

import (
	"context"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/modules/sso/internal/password"
	"github.com/slipway-go/slipway/modules/sso/ssoapi"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/problem"
)

func (s *service) startReset(ctx context.Context, in ssoapi.StartResetInput) (ssoapi.Challenge, error) {
	to, err := s.recipientOf(Mail, in.Body.Email, "body.email")
	if err != nil {
		return ssoapi.Challenge{}, err
	}
	return s.startFor(ctx, forReset, to, in.Origin)
}

func (s *service) finishReset(ctx context.Context, in ssoapi.FinishResetInput) (api.Empty, error) {
	if err := checkPassword(in.Body.Password); err != nil {
		return api.Empty{}, err
	}
	turn, err := s.passwordTurn(ctx)
	if err != nil {
		return api.Empty{}, err
	}
	defer turn.Release()
	t := try{in.ID, forReset, in.Body.Code}
	return api.Empty{}, s.redeem(ctx, t, in.Origin, func(ctx context.Context, tx postgres.Tx, ch challenge) error {
		found, known, err := findAccount(ctx, tx, `id = $1 FOR UPDATE`, ch.user)
		switch {
		case err != nil:
			return err
		case !known || !found.open || found.email != ch.target:
			return wrongCode() // closed, or changed, a moment ago
		}
		if err := checkPassword(in.Body.Password, found.email, found.name); err != nil {
			return err
		}
		if !found.confirmed {
			if err := s.claim(ctx, tx, found, ""); err != nil { // setPassword tells of the password
				return err
			}
		}
		return s.setPassword(ctx, tx, found, turn.Hash(in.Body.Password), uuid.Nil)
	})
}

// checkPassword refuses what is guessed first.
func checkPassword(chosen string, person ...string) error {
	why := password.Check(chosen, person...)
	if why == "" {
		return nil
	}
	return refusePassword(why)
}

func refusePassword(why string) error {
	return problem.Unprocessable("this password cannot be taken; see errors").WithCode("password_refused").WithField("body.password", why)
}

// setPassword changes the password and ends every session but one, which may be none.
// The owner is told, who may not be whoever changed it.
func (s *service) setPassword(ctx context.Context, tx postgres.Tx, of account, hash string, but uuid.UUID) error {
	if err := s.accounts.change(ctx, tx, of.id, `password_hash = $3`, hash); err != nil {
		return err
	}
	if err := s.sessions.EndAll(ctx, tx, of.id, but, "the password was changed"); err != nil {
		return err
	}
	s.logger.InfoContext(ctx, "password changed", "user_id", of.id)
	return s.codes.tell(ctx, tx, of, of.email, passwordChanged)
}
