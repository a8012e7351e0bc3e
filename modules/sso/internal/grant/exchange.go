package grant

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/problem"
)

const (
	typeAccessToken = "urn:ietf:params:oauth:token-type:access_token"
	typeJWT         = "urn:ietf:params:oauth:token-type:jwt"
)

// exchange gives a service a user's token that is addressed to a neighbour and
// names the service as the actor (RFC 8693).
func (s *Server) exchange(ctx context.Context, r request) (answer, error) {
	if err := checkTypes(r.form); err != nil {
		return answer{}, err
	}
	callee, err := r.audience()
	if err != nil {
		return answer{}, err
	}
	allowed, ok := s.cfg.Matrix.ForUser(r.client.ID, callee)
	if !ok {
		return answer{}, undeclared(r.client.ID, callee)
	}
	subject, err := s.subject(ctx, r)
	if err != nil {
		return answer{}, err
	}
	scopes, err := narrow(r.form["scope"], intersect(subject.Scopes(), allowed))
	if err != nil {
		return answer{}, err
	}
	t, err := s.cfg.Minter.Mint(ctx, Claims{
		Subject: subject.Subject, Audience: callee, Client: r.client.ID, Session: subject.SessionID,
		AuthTime: subject.AuthTime, Scopes: scopes, NotAfter: subject.ExpiresAt,
		Actors: slices.Concat([]string{r.client.ID}, subject.Actors),
	})
	if err != nil {
		return answer{}, err
	}
	return answer{
		AccessToken: t.Token, IssuedTokenType: typeAccessToken, TokenType: "Bearer",
		ExpiresIn: t.ExpiresIn, Scope: strings.Join(scopes, " "),
	}, nil
}

func checkTypes(f form) error {
	if err := f.need("subject_token", "subject_token_type"); err != nil {
		return err
	}
	if t := f["subject_token_type"]; t != typeAccessToken && t != typeJWT {
		return invalidRequest("subject_token_type must be %s", typeAccessToken)
	}
	if t := f["requested_token_type"]; t != "" && t != typeAccessToken && t != typeJWT {
		return invalidRequest("requested_token_type must be %s", typeAccessToken)
	}
	if f["actor_token"] != "" || f["actor_token_type"] != "" {
		return invalidRequest("actor_token is not taken here; the actor is the client itself")
	}
	return nil
}

// subject returns whom the token to exchange speaks for: a user, in a session
// that goes on, through a token that the caller may have.
func (s *Server) subject(ctx context.Context, r request) (*auth.Principal, error) {
	p, err := s.cfg.Verifier.Verify(ctx, r.form["subject_token"])
	if err != nil {
		return nil, subjectProblem(err)
	}
	switch {
	case !slices.Contains(p.Audience, r.client.ID) && !slices.Contains(p.Audience, s.cfg.EdgeAudience):
		return nil, invalidRequest("subject_token is addressed to %.64q and not to %s, so %s has no business with it", strings.Join(p.Audience, " "), r.client.ID, r.client.ID)
	case p.IsService():
		// Not the words that tell a caller that a user's session is over.
		return nil, invalidRequest("the token to exchange is service %s's own and speaks for no user: call as the service, by auth.AsService", p.Subject)
	case len(p.Actors) >= maxActors:
		return nil, invalidRequest("subject_token has gone through %d services; it goes no further", len(p.Actors))
	}
	return p, s.checkSession(ctx, p)
}

// maxActors is what a verifier takes.
const maxActors = 8

func (s *Server) checkSession(ctx context.Context, p *auth.Principal) error {
	id, err := uuid.Parse(p.SessionID)
	if err != nil {
		return invalidRequest("subject_token belongs to no session")
	}
	alive, err := s.cfg.Sessions.Alive(ctx, id)
	switch {
	case err != nil:
		return err
	case !alive:
		return sessionOver("subject_token belongs to a session that is over")
	}
	return nil
}

// subjectProblem tells a token that is not believed from keys that cannot be had.
func subjectProblem(err error) error {
	if p, ok := errors.AsType[*problem.Error](err); ok && p.Status() == http.StatusUnauthorized {
		return sessionOver("subject_token: %s", p.Detail())
	}
	return fmt.Errorf("verify subject_token: %w", err)
}
