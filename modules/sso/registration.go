package sso

import (
	"context"
	"errors"

	"github.com/slipway-go/slipway/modules/sso/internal/password"
	"github.com/slipway-go/slipway/modules/sso/ssoapi"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/problem"
)

func (s *service) register(ctx context.Context, in ssoapi.RegisterInput) (ssoapi.Registered, error) {
	n, err := checkRegistration(in.Body)
	if err != nil {
		return ssoapi.Registered{}, err
	}
	n.roles = []string{s.cfg.DefaultRole}
	turn, err := s.passwordTurn(ctx)
	if err != nil {
		return ssoapi.Registered{}, err
	}
	defer turn.Release()
	if err := s.brakes.registration.take(ctx, in.Address(s.proxies)); err != nil {
		return ssoapi.Registered{}, err
	}
	n.passwordHash = turn.Hash(in.Body.Password)
	return s.open(ctx, n)
}

// open creates the account and mails a code to confirm its e-mail by.
func (s *service) open(ctx context.Context, n newAccount) (ssoapi.Registered, error) {
	var out ssoapi.Registered
	err := s.accounts.db.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error {
		id, err := s.accounts.create(ctx, tx, n)
		if err != nil {
			return err
		}
		out.UserID = id
		out.Confirmation, err = s.codes.ask(ctx, tx, challenge{purpose: forConfirm, user: id, channel: Mail, target: n.email}, n.name)
		return err
	})
	if errors.Is(err, errTaken) {
		return ssoapi.Registered{}, problem.Conflict("there is an account with this e-mail already; log in instead").
			WithCode("email_taken").WithField("body.email", "belongs to an account already")
	}
	if err != nil {
		return ssoapi.Registered{}, err
	}
	s.logger.InfoContext(ctx, "account opened", "user_id", out.UserID)
	return out, nil
}

// checkRegistration tells everything that is wrong at once.
func checkRegistration(r ssoapi.Registration) (newAccount, error) {
	var faults []problem.Field
	email, err := parseEmail(r.Email)
	if err != nil {
		faults = append(faults, problem.Field{Location: "body.email", Message: err.Error()})
	}
	name, why := parseName(r.Name)
	if why != "" {
		faults = append(faults, problem.Field{Location: "body.name", Message: why})
	}
	if why := password.Check(r.Password, email, name); why != "" {
		faults = append(faults, problem.Field{Location: "body.password", Message: why})
	}
	if len(faults) == 0 {
		return newAccount{email: email, name: name}, nil
	}
	return newAccount{}, refuseRegistration(faults)
}

func refuseRegistration(faults []problem.Field) error {
	p := problem.Unprocessable("no account was opened with this; see errors").WithCode("registration_refused")
	for _, f := range faults {
		p = p.WithField(f.Location, f.Message)
	}
	return p
}

// passwordTurn waits for a core to hash on.
func (s *service) passwordTurn(ctx context.Context) (*password.Turn, error) {
	turn, err := s.passwords.Wait(ctx)
	if errors.Is(err, password.ErrBusy) {
		return nil, problem.Unavailable("too many people are logging in right now; try again in a moment").
			WithCode("busy").WithHeader("Retry-After", "2").Wrap(err)
	}
	return turn, err
}
