package sso

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/modules/sso/internal/pages"
	"github.com/slipway-go/slipway/modules/sso/internal/session"
	"github.com/slipway-go/slipway/modules/sso/internal/social"
	"github.com/slipway-go/slipway/modules/sso/ssoapi"
	"github.com/slipway-go/slipway/problem"
)

const socialPage = "/sso/social/"

// providerUnavailable is the code of a failure that is not ours, and which people are told.
const providerUnavailable = "provider_unavailable"

func (s *service) handleSocial(m *slipway.Setup) {
	b := s.browser
	for route, h := range map[*api.Mounted]socialHandler{
		ssoapi.SocialLogin:    b.goToProvider,
		ssoapi.SocialCallback: b.comeFromProvider,
		ssoapi.SocialLinkPage: b.showLink,
		ssoapi.SocialLinkForm: b.goToLink,
	} {
		api.Mount(m, route, b.page(b.social(h)))
	}
	api.Mount(m, ssoapi.DeleteIdentityForm, b.page(b.change("identity", b.deleteIdentity)))
}

// A socialHandler is a page on the way to a provider or back.
type socialHandler func(http.ResponseWriter, *http.Request, provider) error

// social finds the provider, and shows who cannot log in by it the other ways.
func (b *browser) social(h socialHandler) pageHandler {
	return func(w http.ResponseWriter, r *http.Request) error {
		at, ok := b.sso.providers[r.PathValue("provider")]
		if !ok {
			return problem.NotFound("nobody logs in by this provider here")
		}
		err := b.sso.notBySocial(r.Context(), at, h(w, r, at))
		if p, ok := errors.AsType[*problem.Error](err); !ok || !p.Expected() && p.Code() != providerUnavailable {
			return err
		}
		p := api.Note(r, err)
		m := pages.Message{Title: "You are not logged in by " + at.name, Text: sentence(p.Detail()), Bad: true, Links: []pages.Link{{Text: "Log in another way", To: loginPage}}}
		if _, linking := errors.AsType[linkingError](err); linking {
			m.Title, m.Links = at.name+" is not linked to your account", toAccount()
		}
		b.show(w, r, p.Status(), m)
		return nil
	}
}

// linkingError is why a provider was not linked to the account of who has logged in.
type linkingError struct{ error }

// Unwrap returns the reason.
func (n linkingError) Unwrap() error { return n.error }

// providerLinks lead from the login page to every provider.
func (b *browser) providerLinks(back pages.Return) []pages.Link {
	var links []pages.Link
	for _, at := range b.sso.providers.sorted() {
		links = append(links, pages.Link{Text: "Log in with " + at.name, To: back.To(socialPage + at.key)})
	}
	return links
}

// goToProvider begins a login.
func (b *browser) goToProvider(w http.ResponseWriter, r *http.Request, at provider) error {
	return b.beginSocial(w, r, at, way{provider: at.key, returnTo: b.back(r, r.URL.Query().Get("return_to")).Path})
}

// beginSocial leads to the provider. What it sends back is good in this browser alone,
// by a cookie that several tabs may share.
func (b *browser) beginSocial(w http.ResponseWriter, r *http.Request, at provider, to way) error {
	ctx := r.Context()
	from := ssoapi.OriginOf(r)
	if err := b.sso.brakes.ceremony.take(ctx, from.Address(b.sso.proxies)); err != nil {
		return err
	}
	secret, ok := b.attempt.Secret(r)
	if !ok {
		secret = social.NewSecret()
	}
	attempt := social.NewAttempt(secret)
	address, err := at.Begin(ctx, attempt)
	if err != nil {
		return err
	}
	if err := b.sso.attempts.keep(ctx, attempt, to); err != nil {
		return err
	}
	b.attempt.Set(w, secret, time.Now().Add(attemptLife))
	seeOther(w, r, address)
	return nil
}

// comeFromProvider finishes what the browser has begun.
func (b *browser) comeFromProvider(w http.ResponseWriter, r *http.Request, at provider) error {
	ctx := r.Context()
	secret, _ := b.attempt.Secret(r)
	attempt := social.Attempt{State: r.URL.Query().Get("state"), Secret: secret}
	to, err := b.sso.attempts.take(ctx, attempt, at.key)
	if err != nil {
		return err
	}
	who, err := at.Finish(ctx, attempt, r.URL.Query())
	if err == nil && to.linkTo != nil {
		err = b.link(w, r, at, who, *to.linkTo)
	}
	switch {
	case err != nil && to.linkTo != nil:
		return linkingError{err}
	case err != nil || to.linkTo != nil:
		return err
	}
	user, err := b.sso.authenticateBySocial(ctx, at, who)
	if err != nil {
		return err
	}
	if err := b.begin(w, r, user, session.Social); err != nil {
		return err
	}
	seeOther(w, r, onward(b.back(r, to.returnTo)))
	return nil
}

// link is for who has logged in here still: while they were at the provider, somebody
// else may have.
func (b *browser) link(w http.ResponseWriter, r *http.Request, at provider, who social.Identity, user uuid.UUID) error {
	found, ok, err := b.Session(r)
	if err != nil {
		return err
	}
	if !ok || found.User != user {
		return problem.Forbidden("whoever began to link %s is not logged in in this browser any more; log in and begin again", at.name).WithCode("foreign_login")
	}
	if err := b.sso.linkSocial(r.Context(), found, at, who); err != nil {
		return err
	}
	seeOther(w, r, accountPage+"?done=linked")
	return nil
}

// showLink asks before anything is linked: a link on another website leads here too.
func (b *browser) showLink(w http.ResponseWriter, r *http.Request, at provider) error {
	return b.signedIn(func(w http.ResponseWriter, r *http.Request, v visitor) error {
		if err := lately(v); err != nil {
			return err
		}
		origin, err := at.Origin(r.Context())
		if err != nil {
			return err
		}
		b.show(w, r, http.StatusOK, pages.Form{
			Return: pages.Return{Leads: origin}, Title: "Log in with " + at.name + " from now on?",
			Intro:  "You will go to " + at.name + ". Whoever logs in there as you then gets into this account too.",
			Action: linkPage(at.key), Submit: "Go to " + at.name, Links: []pages.Link{{Text: "Back to your account", To: accountPage}},
		})
		return nil
	})(w, r)
}

func (b *browser) goToLink(w http.ResponseWriter, r *http.Request, at provider) error {
	return b.signedIn(func(w http.ResponseWriter, r *http.Request, v visitor) error {
		if err := lately(v); err != nil {
			return err
		}
		return b.beginSocial(w, r, at, way{provider: at.key, linkTo: &v.session.User})
	})(w, r)
}

func linkPage(key string) string { return socialPage + key + "/link" }

// isLinkPage reports whether a login may lead to the path to go on with linking.
func isLinkPage(path string) bool {
	return strings.HasPrefix(path, socialPage) && strings.HasSuffix(path, "/link")
}

// lately asks for another login of who wants to add a way in and has not logged in since
// long; as an API's route does by Fresh.
func lately(v visitor) error {
	if time.Since(v.session.AuthTime) > ssoapi.DeleteIdentity.Access().MaxAge() {
		return problem.Unauthorized("log in again first").WithCode(staleLogin)
	}
	return nil
}

// fillIdentities shows who else logs the person in, and who else could.
func (b *browser) fillIdentities(r *http.Request, v visitor, page *pages.Account) error {
	found, err := ask(b, r, v, ssoapi.ListIdentities, api.Empty{})
	for _, i := range found.Identities {
		page.Identities = append(page.Identities, pages.Identity{ID: i.ID.String(), Provider: b.sso.providers.name(i.Provider), Email: i.Email})
	}
	for _, at := range b.sso.providers.sorted() {
		linked := slices.ContainsFunc(found.Identities, func(i ssoapi.Identity) bool { return i.Provider == at.key })
		if !linked {
			page.Providers = append(page.Providers, pages.Link{Text: "Log in with " + at.name + " too", To: linkPage(at.key)})
		}
	}
	return err
}

func (b *browser) deleteIdentity(r *http.Request, v visitor) error {
	id, err := formID(r)
	if err != nil {
		return err
	}
	_, err = ask(b, r, v, ssoapi.DeleteIdentity, ssoapi.IdentityInput{ID: id})
	return err
}

// notBySocial tells the person what they can do about it, and the log what happened.
func (s *service) notBySocial(ctx context.Context, at provider, err error) error {
	switch {
	case errors.Is(err, social.ErrDenied):
		return problem.Forbidden("%s has not logged you in; begin again", at.name).WithCode("login_denied").Wrap(err)
	case errors.Is(err, social.ErrRefused):
		s.logger.WarnContext(ctx, "social login refused", "provider", at.key, "error", err)
		return problem.Forbidden("the answer of %s cannot be believed; begin again", at.name).WithCode("login_refused").Wrap(err)
	case errors.Is(err, social.ErrUnavailable):
		return problem.Unavailable("%s does not answer at the moment; try again shortly", at.name).WithCode(providerUnavailable).Wrap(err)
	}
	return err
}
