package grant

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/problem"
)

const (
	typeAccessToken = "urn:ietf:params:oauth:token-type:access_token"
	typeJWT         = "urn:ietf:params:oauth:token-type:jwt"
	// TypeBrowser is that of the secret in a browser's cookie, which the edge turns
	// into an access token.
	TypeBrowser = "urn:slipway:token-type:browser"
)

// exchange gives a service a user's token that is addressed to a neighbour and
// names the service as the actor (RFC 8693).
func (s *Server) exchange(ctx context.Context, r request) (answer, error) {
	if r.client.ID == s.cfg.FirstParty {
		return s.exchangeBrowser(ctx, r)
	}
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
	asOf := time.Now()
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
		AuthTime: subject.AuthTime, Scopes: scopes, NotAfter: subject.ExpiresAt, AsOf: asOf,
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

// exchangeBrowser gives the product's own front end, and so the edge, the token of who
// has logged in in a browser.
func (s *Server) exchangeBrowser(ctx context.Context, r request) (answer, error) {
	if err := r.form.need("subject_token", "subject_token_type"); err != nil {
		return answer{}, err
	}
	if r.form["subject_token_type"] != TypeBrowser {
		return answer{}, invalidRequest("subject_token_type must be %s: %s has nothing else to exchange", TypeBrowser, r.client.ID)
	}
	if audience := r.form["audience"]; audience != "" && audience != s.cfg.EdgeAudience {
		return answer{}, refuse("invalid_target", "a browser's session is exchanged for tokens addressed to %s", s.cfg.EdgeAudience)
	}
	found, goesOn, err := s.cfg.Sessions.InBrowser(ctx, r.form["subject_token"])
	switch {
	case err != nil:
		return answer{}, err
	case !goesOn:
		return answer{}, sessionOver("subject_token belongs to no session that goes on in a browser")
	}
	a, err := s.userTokens(ctx, r.client, found, r.form["scope"], "")
	a.IssuedTokenType = typeAccessToken
	return a, err
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
	good, err := s.cfg.Sessions.Believes(ctx, p)
	if err == nil && !good {
		err = sessionOver("subject_token belongs to a session that is over, or was revoked")
	}
	return p, err
}

// maxActors is what a verifier takes.
const maxActors = 8

// subjectProblem tells a token that is not believed from keys that cannot be had.
func subjectProblem(err error) error {
	if p, ok := errors.AsType[*problem.Error](err); ok && p.Status() == http.StatusUnauthorized {
		return sessionOver("subject_token: %s", p.Detail())
	}
	return fmt.Errorf("verify subject_token: %w", err)
}
