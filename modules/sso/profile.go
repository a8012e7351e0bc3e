package sso

import (
	"context"
	"strings"
	"unicode"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/modules/sso/ssoapi"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/problem"
)

func (s *service) handleProfile(m *slipway.Setup) {
	api.Handle(m, ssoapi.GetMe, s.getMe)
	api.Handle(m, ssoapi.UpdateMe, s.updateMe)
	api.Handle(m, ssoapi.CloseMe, s.closeMe)
	api.Handle(m, ssoapi.ChangePassword, s.changePassword)
	api.Handle(m, ssoapi.ChangeEmail, s.changeEmail)
	api.Handle(m, ssoapi.ConfirmEmail, s.confirmEmail)
	api.Handle(m, ssoapi.ChangePhone, s.changePhone)
	api.Handle(m, ssoapi.ConfirmPhone, s.confirmPhone)
	api.Handle(m, ssoapi.RemovePhone, s.removePhone)
}

func (s *service) getMe(ctx context.Context, _ api.Empty) (ssoapi.Profile, error) {
	me, err := s.self(ctx)
	return profileOf(me), err
}

func profileOf(a account) ssoapi.Profile {
	return ssoapi.Profile{
		UserID: a.id, Email: a.email, EmailConfirmed: a.confirmed, Phone: a.phone, Name: a.name,
		HasPassword: a.passwordHash != "", CreatedAt: a.createdAt,
	}
}

func (s *service) updateMe(ctx context.Context, in ssoapi.UpdateMeInput) (ssoapi.Profile, error) {
	me, err := s.self(ctx)
	if err != nil {
		return ssoapi.Profile{}, err
	}
	var why string
	if me.name, why = parseName(in.Body.Name); why != "" {
		return ssoapi.Profile{}, problem.Unprocessable("this name cannot be taken; see errors").WithCode("name_refused").WithField("body.name", why)
	}
	return profileOf(me), s.accounts.change(ctx, s.accounts.db, me.id, `name = $3`, me.name)
}

// parseName returns the name as it is stored, or what is wrong with it.
func parseName(s string) (name, why string) {
	name = strings.TrimSpace(s)
	if name == "" || strings.ContainsFunc(name, unicode.IsControl) {
		return "", "is empty or has control characters"
	}
	return name, ""
}

// closeMe deletes the account, unless it is that of the last admin. Its sessions end first, which is what tells others.
func (s *service) closeMe(ctx context.Context, _ api.Empty) (api.Empty, error) {
	me, err := s.self(ctx)
	if err != nil {
		return api.Empty{}, err
	}
	err = s.admin.roles.guarded(ctx, grantorOf(ctx), func(ctx context.Context, tx postgres.Tx) ([]uuid.UUID, error) {
		if err := s.accounts.hold(ctx, tx, me.id, currentSession(ctx)); err != nil { // so that no login comes between
			return nil, err
		}
		if err := s.sessions.EndAll(ctx, tx, me.id, uuid.Nil, "the account was closed by its owner"); err != nil {
			return nil, err
		}
		return nil, s.accounts.delete(ctx, tx, me.id)
	})
	if err == nil {
		s.logger.InfoContext(ctx, "account closed by its owner", "user_id", me.id)
	}
	return api.Empty{}, err
}

func (s *service) changePassword(ctx context.Context, in ssoapi.ChangePasswordInput) (api.Empty, error) {
	me, err := s.self(ctx)
	if err != nil {
		return api.Empty{}, err
	}
	if err := checkPassword(in.Body.Password, me.email, me.name); err != nil {
		return api.Empty{}, err
	}
	if in.Body.Password == in.Body.Current {
		return api.Empty{}, refusePassword("is the present one; choose another")
	}
	if err := s.checkCurrent(ctx, me, in); err != nil {
		return api.Empty{}, err
	}
	hash, err := s.hash(ctx, in.Body.Password)
	if err != nil {
		return api.Empty{}, err
	}
	return api.Empty{}, s.accounts.db.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error {
		now, _, err := findAccount(ctx, tx, `id = $1 FOR UPDATE`, me.id)
		if err == nil && (!now.open || now.passwordHash != me.passwordHash) {
			err = wrongPassword() // a reset came first, or the account was closed
		}
		if err != nil {
			return err
		}
		return s.setPassword(ctx, tx, me, hash, currentSession(ctx))
	})
}

func wrongPassword() error {
	return problem.Unprocessable("the present password is wrong").WithCode("wrong_password").WithField("body.current", "is not the present password")
}

// checkCurrent is a login in all but its answer: whoever has found a device unlocked
// guesses as slowly as anybody.
func (s *service) checkCurrent(ctx context.Context, me account, in ssoapi.ChangePasswordInput) error {
	if me.passwordHash == "" {
		return problem.Conflict("the account has no password; a password reset sets one").WithCode("no_password")
	}
	_, err := s.authenticate(ctx, attempt{email: me.email, password: in.Body.Current, address: in.Address(s.proxies)})
	switch problem.Code(err) {
	case credentialsWrong:
		return wrongPassword()
	case emailUnconfirmed:
		return nil // which bars a login, and this is none
	}
	return err
}

func (s *service) hash(ctx context.Context, chosen string) (string, error) {
	turn, err := s.passwordTurn(ctx)
	if err != nil {
		return "", err
	}
	defer turn.Release()
	return turn.Hash(chosen), nil
}
