package sso

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/modules/sso/internal/keys"
	"github.com/slipway-go/slipway/modules/sso/ssoapi"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/problem"
)

// codes are sent to people, who show by them whose an address is.
type codes struct {
	challenges challenges
	post       *post
	words      words
	hourly     quota // of text messages, per country
	daily      quota // of all of them
}

func (o options) handleCodes(m *slipway.Setup, s *service, sealer *keys.Sealer) error {
	senders, box := o.senders(m, s.cfg.Messages)
	var err error
	if s.codes.post, err = newPost(m, sealer, senders); err != nil {
		return err
	}
	if s.codes.challenges, err = newChallenges(m.DB(), sealer); err != nil {
		return err
	}
	s.codes.words = words{product: s.cfg.product(issuerOf(m).Host)}
	s.codes.hourly = quota{name: "sms to a country", limit: s.cfg.Messages.SMSHourlyLimit, window: time.Hour}
	s.codes.daily = quota{name: "sms", limit: s.cfg.Messages.SMSDailyBudget, window: 24 * time.Hour}
	s.phones = phones{countries: s.cfg.Messages.SMSCountries}
	api.Handle(m, ssoapi.SendCode, s.sendCode)
	api.Handle(m, ssoapi.LoginByCode, s.loginByCode)
	api.Handle(m, ssoapi.Confirm, s.confirm)
	api.Handle(m, ssoapi.ResendConfirmation, s.resendConfirmation)
	api.Handle(m, ssoapi.StartReset, s.startReset)
	api.Handle(m, ssoapi.FinishReset, s.finishReset)
	api.Mount(m, ssoapi.Outbox, s.browser.page(s.browser.showOutbox(box)))
	return nil
}

// ask begins the challenge and has its code sent, unless the challenge is nobody's: then
// all is done but the sending, so that the answer takes as long.
func (c codes) ask(ctx context.Context, tx postgres.Tx, ch challenge, name string) (ssoapi.Challenge, error) {
	ch.id = uuid.New()
	code, err := c.challenges.begin(ctx, tx, ch)
	if err != nil {
		return ssoapi.Challenge{}, err
	}
	if err := c.post.put(ctx, tx, ch.id.String(), c.words.code(ch, name, code), time.Now().Add(codeLife), ch.user == uuid.Nil); err != nil {
		return ssoapi.Challenge{}, err
	}
	// The last, since all text messages wait for one another from here to the end.
	return ssoapi.Challenge{ChallengeID: ch.id, ExpiresIn: int64(codeLife / time.Second)}, c.spend(ctx, tx, ch)
}

// spend takes a text message from what there is. One that will not be sent costs nothing,
// and is refused when one that will be would be.
func (c codes) spend(ctx context.Context, tx postgres.Tx, ch challenge) error {
	if ch.channel != SMS {
		return nil
	}
	cost := 1
	if ch.user == uuid.Nil {
		cost = 0
	}
	if err := c.hourly.take(ctx, tx, countryOf(ch.target), cost); err != nil {
		return err
	}
	return c.daily.take(ctx, tx, "", cost)
}

// sendTo asks the account's owner, or nobody, for a code.
func (s *service) sendTo(ctx context.Context, p purpose, to permit, found account, known bool) (ssoapi.Challenge, error) {
	var whose uuid.UUID
	if known && found.open {
		whose = found.id
	}
	var out ssoapi.Challenge
	err := s.accounts.db.InTx(ctx, func(ctx context.Context, tx postgres.Tx) (err error) {
		out, err = s.codes.ask(ctx, tx, to.challenge(p, whose), found.name)
		return err
	})
	return out, err
}

// A recipient is an address as it is stored and compared.
type recipient struct {
	channel Channel
	address string
}

// recipientOf reads an address, and refuses what is none.
func (s *service) recipientOf(channel Channel, address, field string) (recipient, error) {
	parse := parseEmail
	if channel == SMS {
		parse = s.phones.parse
	}
	parsed, err := parse(address)
	if err != nil {
		return recipient{}, problem.Unprocessable("nothing can be sent there; see errors").
			WithCode("address_refused").WithField(field, err.Error())
	}
	return recipient{channel, parsed}, nil
}

// owner finds whose an address is.
func (s *service) owner(ctx context.Context, to recipient) (account, bool, error) {
	if to.channel == SMS {
		return s.accounts.byPhone(ctx, to.address)
	}
	return s.accounts.byEmail(ctx, to.address)
}

// A permit is leave to send one code. Only limit gives it, so that none is sent without.
type permit struct {
	to    recipient
	tries int // that the code will have
}

func (p permit) challenge(what purpose, whose uuid.UUID) challenge {
	return challenge{purpose: what, user: whose, channel: p.to.channel, target: p.to.address, tries: p.tries}
}

// limit refuses who has too much sent, or to whom too much is sent. by is who asks: an
// address, or a user, or both.
func (s *service) limit(ctx context.Context, to recipient, by ...string) (permit, error) {
	brakes := s.brakes.mail
	if to.channel == SMS {
		brakes = s.brakes.sms
	}
	tries, err := brakes.take(ctx, to.address, by...)
	return permit{to, tries}, err
}

// redeem is challenges.redeem with the brake of who tries: wrong codes slow down like
// wrong passwords do.
func (s *service) redeem(ctx context.Context, t try, from ssoapi.Origin, effect func(context.Context, postgres.Tx, challenge) error) error {
	address := from.Address(s.proxies)
	if err := s.brakes.address.check(ctx, address); err != nil {
		return err
	}
	err := s.codes.challenges.redeem(ctx, t, effect)
	if err == errWrongCode { //nolint:errorlint // it is this package's, and wrapped by nobody
		if err := s.brakes.address.charge(ctx, address); err != nil {
			return err
		}
		return wrongCode()
	}
	return err
}
