package sso

import (
	"context"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/modules/sso/internal/session"
	"github.com/slipway-go/slipway/modules/sso/ssoapi"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/problem"
)

func (s *service) sendCode(ctx context.Context, in ssoapi.SendCodeInput) (ssoapi.Challenge, error) {
	to, err := s.recipientOf(Channel(in.Body.Channel), in.Body.To, "body.to")
	if err != nil {
		return ssoapi.Challenge{}, err
	}
	return s.startFor(ctx, forLogin, to, in.Origin)
}

// startFor sends a code to whose the address is; the work is the same when it is nobody's.
func (s *service) startFor(ctx context.Context, p purpose, to recipient, from ssoapi.Origin) (ssoapi.Challenge, error) {
	if err := s.demo.ensure(ctx); err != nil {
		return ssoapi.Challenge{}, err
	}
	leave, err := s.limit(ctx, to, from.Address(s.proxies))
	if err != nil {
		return ssoapi.Challenge{}, err
	}
	found, known, err := s.owner(ctx, to)
	if err != nil {
		return ssoapi.Challenge{}, err
	}
	return s.sendTo(ctx, p, leave, found, known)
}

func (s *service) loginByCode(ctx context.Context, in ssoapi.LoginByCodeInput) (ssoapi.Tokens, error) {
	user, err := s.authenticateByCode(ctx, in.Body.ChallengeID, in.Body.Code, in.Origin)
	if err != nil {
		return ssoapi.Tokens{}, err
	}
	return s.openSession(ctx, user, session.Code, in.Origin)
}

// authenticateByCode returns who has the code of sendCode.
func (s *service) authenticateByCode(ctx context.Context, id uuid.UUID, code string, from ssoapi.Origin) (account, error) {
	var found account
	err := s.redeem(ctx, try{id, forLogin, code}, from, func(ctx context.Context, tx postgres.Tx, ch challenge) error {
		var known bool
		var err error
		if found, known, err = findAccount(ctx, tx, `id = $1 FOR UPDATE`, ch.user); err != nil {
			return err
		}
		if !known || !found.open || found.address(ch.channel) != ch.target {
			return wrongCode() // closed, or changed, a moment ago
		}
		if found.confirmed || ch.channel != Mail {
			return nil
		}
		return s.claim(ctx, tx, found, passwordDropped)
	})
	if problem.Code(err) == codeWrong {
		return account{}, problem.Unauthorized("the code is wrong, used, or older than 5 minutes, or it was tried too often; ask for another").WithCode(codeWrong)
	}
	return found, err
}
