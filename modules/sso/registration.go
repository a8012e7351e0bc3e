package sso

import (
	"cmp"
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
	address := in.Address(s.proxies)
	if err := s.brakes.registration.take(ctx, address); err != nil {
		return ssoapi.Registered{}, err
	}
	// Asked before the limit, which then counts mail that is sent and no failed attempt.
	if _, taken, err := s.accounts.byEmail(ctx, n.email); err != nil || taken {
		return ssoapi.Registered{}, cmp.Or(err, emailTaken())
	}
	leave, err := s.limit(ctx, recipient{Mail, n.email}, address)
	wait, unsent := waitOf(err)
	if err != nil && !unsent {
		return ssoapi.Registered{}, err
	}
	n.passwordHash = turn.Hash(in.Body.Password)
	return s.open(ctx, n, leave, wait)
}

// open creates the account and mails a code to confirm its e-mail by, unless the person
// has to wait for one.
func (s *service) open(ctx context.Context, n newAccount, leave permit, wait int64) (ssoapi.Registered, error) {
	out := ssoapi.Registered{ConfirmAfter: wait}
	err := s.accounts.db.InTx(ctx, func(ctx context.Context, tx postgres.Tx) (err error) {
		if out.UserID, err = s.accounts.create(ctx, tx, n); err != nil || wait > 0 {
			return err
		}
		sent, err := s.codes.ask(ctx, tx, leave.challenge(forConfirm, out.UserID), n.name)
		out.Confirmation = &sent
		return err
	})
	if errors.Is(err, errTaken) { // a moment ago
		return ssoapi.Registered{}, emailTaken()
	}
	if err != nil {
		return ssoapi.Registered{}, err
	}
	s.logger.InfoContext(ctx, "account opened", "user_id", out.UserID)
	return out, nil
}

func emailTaken() error {
	return problem.Conflict("there is an account with this e-mail already; log in instead").
		WithCode("email_taken").WithField("body.email", "belongs to an account already")
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
