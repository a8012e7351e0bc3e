package sso

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/slipway-go/slipway/modules/sso/internal/grant"
	"github.com/slipway-go/slipway/modules/sso/internal/password"
	"github.com/slipway-go/slipway/modules/sso/internal/session"
	"github.com/slipway-go/slipway/modules/sso/ssoapi"
	"github.com/slipway-go/slipway/problem"
)

const (
	credentialsWrong = "wrong_credentials"
	emailUnconfirmed = "email_unconfirmed"
)

// wrongCredentials is all that a failed login is told, whatever was wrong.
func wrongCredentials() *problem.Error {
	return problem.Unauthorized("the e-mail or the password is wrong").WithCode(credentialsWrong)
}

func (s *service) login(ctx context.Context, in ssoapi.LoginInput) (ssoapi.Tokens, error) {
	if err := s.demo.ensure(ctx); err != nil {
		return ssoapi.Tokens{}, err
	}
	user, err := s.authenticate(ctx, attempt{
		email: in.Body.Email, password: in.Body.Password, address: in.Address(s.proxies),
	})
	if err != nil {
		return ssoapi.Tokens{}, err
	}
	return s.openSession(ctx, user, session.Password, in.Origin)
}

// An attempt is one try to log in.
type attempt struct{ email, password, address string }

// who is the bucket of the account's brake. It is the same for an account that
// does not exist, so that being slowed down tells nothing.
func (a attempt) who() string { return a.email + "\x00" + a.address }

func (s *service) authenticate(ctx context.Context, a attempt) (account, error) {
	email, malformed := parseEmail(a.email)
	a.email = cmp.Or(email, a.email)
	// The brakes are checked when it is this attempt's turn: however many come
	// at once, no more than the cores get past a brake that is about to close.
	turn, err := s.passwordTurn(ctx)
	if err != nil {
		return account{}, err
	}
	defer turn.Release()
	counted, err := checkAll(ctx, pedal{s.brakes.login, a.who()}, pedal{s.brakes.address, a.address})
	if err != nil {
		return account{}, err
	}
	found, err := s.compare(ctx, turn, a, malformed != nil)
	if err != nil {
		return account{}, err
	}
	if !counted { // and no question for nothing: a core waits for each
		return found, nil
	}
	return found, s.brakes.login.release(ctx, a.who())
}

// compare does the same work for every outcome.
func (s *service) compare(ctx context.Context, turn *password.Turn, a attempt, malformed bool) (account, error) {
	var found account
	known := false
	if !malformed { // which the database could not even be asked for
		var err error
		if found, known, err = s.accounts.byEmail(ctx, a.email); err != nil {
			return account{}, err
		}
	}
	right, err := turn.Compare(cmp.Or(found.passwordHash, s.nobody), a.password)
	if err != nil {
		return account{}, err
	}
	if known && right && found.open {
		return found, s.checkConfirmed(found)
	}
	if err := s.chargeBrakes(ctx, a); err != nil {
		return account{}, err
	}
	return account{}, wrongCredentials()
}

// checkConfirmed is asked when the password was right: nobody else learns of it.
func (s *service) checkConfirmed(found account) error {
	if found.confirmed || s.cfg.Confirmation != confirmationRequired {
		return nil
	}
	return problem.Forbidden("the e-mail of the account is not confirmed; log in by a code that is mailed to it, which confirms it").
		WithCode(emailUnconfirmed)
}

func (s *service) chargeBrakes(ctx context.Context, a attempt) error {
	if err := s.brakes.login.charge(ctx, a.who()); err != nil {
		return err
	}
	return s.brakes.address.charge(ctx, a.address)
}

// openSession begins a session and returns its first tokens.
func (s *service) openSession(ctx context.Context, user account, how session.Method, from ssoapi.Origin) (ssoapi.Tokens, error) {
	begun, refreshToken, err := s.sessions.Begin(ctx, s.loginOf(user, how, from))
	if err != nil {
		return ssoapi.Tokens{}, tooLate(err)
	}
	t, open, err := s.mint(ctx, begun)
	if err == nil && !open {
		err = wrongCredentials() // closed a moment ago
	}
	if err != nil {
		return ssoapi.Tokens{}, err
	}
	s.logger.InfoContext(ctx, "logged in", "user_id", user.id, "session_id", begun.ID, "method", how)
	return ssoapi.Tokens{AccessToken: t.Token, RefreshToken: refreshToken, TokenType: "Bearer", ExpiresIn: t.ExpiresIn}, nil
}

// mint returns a token of a session that goes on, or false when the account is closed. What
// the user may do is looked up after the session has begun, and the token is as old as
// that: so a change of it finds the session, and has the token refused.
func (s *service) mint(ctx context.Context, of session.Session) (grant.AccessToken, bool, error) {
	asOf := time.Now()
	scopes, open, err := s.accounts.Permissions(ctx, of.User)
	if err != nil || !open {
		return grant.AccessToken{}, false, err
	}
	claims := grant.UserClaims(of, s.audience, scopes)
	claims.AsOf = asOf
	t, err := s.minter.Mint(ctx, claims)
	return t, err == nil, err
}

func (s *service) loginOf(user account, how session.Method, from ssoapi.Origin) session.Login {
	l := session.Login{User: user.id, Client: ssoapi.FirstParty, Method: how, Device: s.device(from)}
	if how == session.Password {
		l.PasswordHash = user.passwordHash
	}
	return l
}

// tooLate tells a login whose account was closed, or got another password, a moment ago.
func tooLate(err error) error {
	if errors.Is(err, session.ErrRefused) {
		return wrongCredentials().Wrap(err)
	}
	return err
}

// device is what the owner of a session recognises it by.
func (s *service) device(from ssoapi.Origin) session.Device {
	return session.Device{Address: from.Address(s.proxies), UserAgent: from.UserAgent()}
}
