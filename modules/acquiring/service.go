package acquiring

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/modules/acquiring/acquiringapi"
	"github.com/slipway-go/slipway/problem"
)

type service struct {
	cfg      Config
	payments ledger
	payable  api.Caller
	provider Provider
	logger   *slog.Logger
}

// get shows a payment to whose it is. Nothing tells another's from none.
func (s *service) get(ctx context.Context, in acquiringapi.GetInput) (acquiringapi.Payment, error) {
	p, err := s.payments.get(ctx, in.ID)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return acquiringapi.Payment{}, err
	}
	if err := auth.Own(ctx, p.Owner); err != nil { // none has no owner
		return acquiringapi.Payment{}, problem.NotFound("there is no payment %s, or it is not yours", in.ID).Wrap(err)
	}
	return p.public(), nil
}

// create takes a payment as far as it gets within one request.
func (s *service) create(ctx context.Context, in acquiringapi.CreateInput) (acquiringapi.Payment, error) {
	o, err := newOrder(ctx, in.Body)
	if err != nil {
		return acquiringapi.Payment{}, err
	}
	// From here on it is about money: a client that hangs up changes nothing.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), acquiringapi.Timeout)
	defer cancel()

	p, err := s.begin(ctx, o)
	if err == nil && p.Status == acquiringapi.StatusCreated {
		p, err = s.claim(ctx, p)
	}
	if err == nil && p.Status == acquiringapi.StatusPending {
		p, err = s.charge(ctx, p, o.Card)
	}
	if err == nil && p.over() {
		s.release(ctx, p)
	}
	return answer(p, err)
}

func answer(p payment, err error) (acquiringapi.Payment, error) {
	switch {
	case errors.Is(err, errOvertaken):
		return acquiringapi.Payment{}, inFlight()
	case err != nil:
		return acquiringapi.Payment{}, err
	case p.Status == acquiringapi.StatusDeclined:
		return acquiringapi.Payment{}, problem.PaymentRequired("the card was declined (%s); nothing was charged. Pay with another card, under a new Idempotency-Key", p.Reason).
			WithCode("card_declined")
	}
	return p.public(), nil
}

// begin writes the payment down before anything else happens, or resumes the
// one that the key has: the process that began it may have died.
func (s *service) begin(ctx context.Context, o order) (payment, error) {
	p, err := s.payments.create(ctx, o)
	if !errors.Is(err, pgx.ErrNoRows) {
		return p, err
	}
	p, err = s.payments.find(ctx, o.Owner, o.Key)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return p, inFlight() // it failed this very moment; the next request begins anew
	case err != nil:
		return p, err
	case !p.sameOrder(o):
		return p, problem.Unprocessable("this Idempotency-Key belongs to another payment; use a new key for a new payment").WithCode("idempotency_key_reused")
	case p.over():
		return p, nil
	}
	return s.payments.takeUp(ctx, p.ID)
}

func inFlight() error {
	return problem.Conflict("this payment is at work; ask again with the same Idempotency-Key").
		WithCode("idempotency_in_flight").WithHeader("Retry-After", "1")
}

// claim asks the payable, as the user, to lock itself for the payment.
func (s *service) claim(ctx context.Context, p payment) (payment, error) {
	got, err := api.Call(ctx, s.payable, acquiringapi.Claim, acquiringapi.ClaimInput{
		ID: p.CartID, Body: acquiringapi.ClaimRequest{PaymentID: p.ID, Amount: p.Amount},
	})
	if refusal, ok := refusedClaim(err); ok {
		_, err = s.payments.move(ctx, p, refused, refusal.Code())
		return p, errors.Join(refusal, err)
	}
	if err == nil && (got.Owner != p.Owner || got.Total != p.Amount) {
		err = errors.New("the payable agreed to another owner or total than it was asked for")
	}
	if err != nil {
		// At once: the client's next try may resume it.
		return p, errors.Join(fmt.Errorf("claim the payable: %w", err), s.payments.leave(ctx, p, 0))
	}
	return s.claimed(ctx, p)
}

// refusedClaim returns the payable's refusal, which is meant for the client. Any
// other 4xx would be our own mistake.
func refusedClaim(err error) (*problem.Error, bool) {
	refusal, ok := api.Refused(err)
	return refusal, ok && (refusal.Status() == http.StatusConflict || refusal.Status() == http.StatusNotFound)
}

func (s *service) claimed(ctx context.Context, p payment) (payment, error) {
	next, err := s.payments.move(ctx, p, claimed, "")
	if errors.Is(err, errActive) {
		return p, errors.Join(
			problem.Conflict("another payment for the same is at work or has been made").WithCode(acquiringapi.CodeInProgress),
			s.payments.leave(ctx, p, 0))
	}
	return next, err
}

// charge asks the acquirer. Without an answer the payment stays pending, and
// the collector finds out.
func (s *service) charge(ctx context.Context, p payment, card Card) (payment, error) {
	asked, cancel := context.WithTimeout(ctx, s.cfg.ChargeTimeout)
	defer cancel()
	result, err := s.provider.Charge(asked, Charge{Key: p.ID, Reference: p.CartID, Amount: p.Amount, Card: card})
	if err != nil {
		s.logger.WarnContext(ctx, "charge without an answer; it will be looked up", "payment_id", p.ID, "error", err)
		return p, s.payments.leave(ctx, p, p.pause())
	}
	return s.conclude(ctx, p, result)
}

// conclude moves a pending payment to where the acquirer's answer leads.
func (s *service) conclude(ctx context.Context, p payment, r Result) (payment, error) {
	switch {
	case r.Outcome == Approved:
		p, err := s.payments.move(ctx, p, approved, "")
		if err == nil {
			s.logger.InfoContext(ctx, "payment captured", "payment_id", p.ID, "cart_id", p.CartID)
		}
		return p, err
	case r.Outcome == Declined:
		return s.payments.move(ctx, p, declined, r.Reason)
	case r.Outcome == NotFound && p.Waiting > s.cfg.LostAfter:
		return s.payments.move(ctx, p, lost, "never_charged")
	}
	return p, s.payments.leave(ctx, p, p.pause())
}

// release gives the payable of a payment that came to nothing back, as the service.
// What fails here is repeated by the collector: the client's answer does not depend on
// it. A payable that is paid for learns of that by the event.
func (s *service) release(ctx context.Context, p payment) {
	if p.Settled || p.Status == acquiringapi.StatusCaptured {
		return
	}
	err := s.tell(auth.AsService(ctx, "a payment has ended, with or without its user"), p)
	if err == nil {
		_, err = s.payments.settle(ctx, p)
	} else {
		err = errors.Join(err, s.payments.leave(ctx, p, p.pause()))
	}
	if err != nil && !errors.Is(err, errOvertaken) {
		s.logger.ErrorContext(ctx, "payable not released; it will be tried again", "payment_id", p.ID, "status", p.Status, "error", err)
		return
	}
	s.logger.InfoContext(ctx, "payable released", "payment_id", p.ID, "cart_id", p.CartID, "status", p.Status, "reason", p.Reason)
}

// noRoute is the code of a payable that does not know the route: it is of another version,
// and has not looked for what was to be released.
const noRoute = "no_route"

func (s *service) tell(ctx context.Context, p payment) error {
	_, err := api.Call(ctx, s.payable, acquiringapi.Release, acquiringapi.ReleaseInput{
		ID: p.CartID, Body: acquiringapi.Released{PaymentID: p.ID},
	})
	if refusal, ok := api.Refused(err); ok && refusal.Status() == http.StatusNotFound && refusal.Code() != noRoute {
		return nil // the claim never found it either
	}
	return err
}
