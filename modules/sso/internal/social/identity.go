package social

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// An Identity is who somebody is at a provider.
type Identity struct {
	Issuer, Subject string // together, for ever the same person
	Email           string // "" for none
	Verified        bool   // the provider vouches that the e-mail is the person's
	Name            string
}

// maxSubject is what the standard allows.
const maxSubject = 255

// Finish returns who has come back. Errors: ErrUnavailable, ErrDenied, ErrRefused.
func (p *Provider) Finish(ctx context.Context, a Attempt, answer url.Values) (Identity, error) {
	d, err := p.discover(ctx)
	if err != nil {
		return Identity{}, err
	}
	ctx, cancel := context.WithTimeout(oidc.ClientContext(ctx, p.client), patience)
	defer cancel()
	if err := p.checkAnswer(d, answer); err != nil {
		return Identity{}, err
	}
	tokens, err := d.oauth.Exchange(ctx, answer.Get("code"), oauth2.VerifierOption(a.verifier()))
	if err != nil {
		return Identity{}, failed("redeem the code", err)
	}
	said, err := p.verify(ctx, d, a, tokens)
	if err != nil {
		return Identity{}, err
	}
	return p.complete(ctx, d, tokens, said)
}

// checkAnswer reads what the browser brings. It names the provider where that says so,
// or one provider could pass off its answer as another's (RFC 9207).
func (p *Provider) checkAnswer(d *discovered, answer url.Values) error {
	issuer, says := answer.Get("iss"), answer.Has("iss")
	switch {
	case says && issuer != p.cfg.Issuer, d.saysIssuer && !says:
		return fmt.Errorf("%w: the answer names the issuer %q; expected %q", ErrRefused, brief(issuer), p.cfg.Issuer)
	case answer.Get("error") != "":
		return fmt.Errorf("%w: %s", ErrDenied, brief(answer.Get("error")))
	case answer.Get("code") == "":
		return fmt.Errorf("%w: it has no code", ErrRefused)
	}
	return nil
}

// claims are those of an ID token and of the user info.
type claims struct {
	AuthorizedParty string `json:"azp"`
	Email           string `json:"email"`
	EmailVerified   truth  `json:"email_verified"`
	Name            string `json:"name"`
}

// A truth is a boolean, which some providers write as a text.
type truth bool

// UnmarshalJSON takes true and "true" for true and everything else for false.
func (t *truth) UnmarshalJSON(text []byte) error {
	*t = string(text) == `true` || string(text) == `"true"`
	return nil
}

func (p *Provider) verify(ctx context.Context, d *discovered, a Attempt, tokens *oauth2.Token) (Identity, error) {
	raw, _ := tokens.Extra("id_token").(string)
	token, err := d.Verifier(&oidc.Config{ClientID: p.cfg.ClientID}).Verify(ctx, raw)
	if err != nil {
		return Identity{}, fmt.Errorf("%w: %s", ErrRefused, brief(err.Error()))
	}
	var c claims
	if err := token.Claims(&c); err != nil {
		return Identity{}, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	switch {
	case subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(a.nonce())) != 1:
		return Identity{}, fmt.Errorf("%w: its ID token is for another attempt", ErrRefused)
	case c.AuthorizedParty != "" && c.AuthorizedParty != p.cfg.ClientID:
		return Identity{}, fmt.Errorf("%w: its ID token is for the client %q", ErrRefused, c.AuthorizedParty)
	case token.Subject == "" || len(token.Subject) > maxSubject:
		return Identity{}, fmt.Errorf("%w: its ID token names nobody", ErrRefused)
	}
	return Identity{Issuer: p.cfg.Issuer, Subject: token.Subject, Email: c.Email, Verified: bool(c.EmailVerified), Name: c.Name}, nil
}

// complete asks for the e-mail where the ID token does not have it, as the standard
// has it for the code flow.
func (p *Provider) complete(ctx context.Context, d *discovered, tokens *oauth2.Token, said Identity) (Identity, error) {
	if said.Email != "" || d.UserInfoEndpoint() == "" {
		return said, nil
	}
	if err := p.checkEndpoints(d.UserInfoEndpoint()); err != nil {
		return Identity{}, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	info, err := d.UserInfo(ctx, oauth2.StaticTokenSource(tokens))
	if err != nil {
		return Identity{}, failed("ask for the user's e-mail", err)
	}
	if info.Subject != said.Subject {
		return Identity{}, fmt.Errorf("%w: the e-mail is that of another user", ErrRefused)
	}
	var c claims
	if err := info.Claims(&c); err != nil {
		return Identity{}, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	said.Email, said.Verified = c.Email, bool(c.EmailVerified)
	if said.Name == "" {
		said.Name = c.Name
	}
	return said, nil
}

// failed tells a provider that refuses from one that does not answer.
func failed(doing string, err error) error {
	answer, ok := errors.AsType[*oauth2.RetrieveError](err)
	switch {
	case !ok:
		return fmt.Errorf("%w: %s: %s", ErrUnavailable, doing, brief(err.Error()))
	case answer.Response.StatusCode >= http.StatusInternalServerError:
		return fmt.Errorf("%w: %s: %s", ErrUnavailable, doing, answer.Response.Status)
	}
	return fmt.Errorf("%w: %s: %s %s", ErrRefused, doing, answer.Response.Status, brief(answer.ErrorCode))
}

// brief cuts what the libraries repeat of the provider's answers.
func brief(text string) string {
	const enough = 200
	return strings.ToValidUTF8(text[:min(len(text), enough)], "")
}
