package sso

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/internal/loopback"
	"github.com/slipway-go/slipway/modules/sso/internal/session"
	"github.com/slipway-go/slipway/modules/sso/internal/social"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/problem"
)

// A Provider is another OpenID provider by which people log in.
type Provider struct {
	Issuer       *url.URL      `env:"ISSUER,required" example:"https://accounts.google.com" doc:"The provider's issuer, as its discovery document has it."`
	ClientID     string        `env:"CLIENT_ID,required" doc:"What the provider calls this product. Register the address /sso/social/<name>/callback with it."`
	ClientSecret config.Secret `env:"CLIENT_SECRET" doc:"The secret that goes with the client id."`
	Name         string        `env:"NAME" example:"Google" doc:"What people call it. Default: its name in the list."`
	Scopes       []string      `env:"SCOPES" envDefault:"email,profile" doc:"What is asked for beside openid."`
}

// Validate refuses what anybody on the way could change.
func (p Provider) Validate() []config.Problem {
	if p.Issuer == nil || p.Issuer.Scheme == "https" || loopback.Is(p.Issuer.Hostname()) {
		return nil
	}
	return []config.Problem{{Variable: "ISSUER", Given: p.Issuer.String(), Expected: "an address that begins with https://, unless it is on this machine"}}
}

// A provider is one that this product knows.
type provider struct {
	*social.Provider

	key  string // in addresses
	name string // for people
}

type providers map[string]provider

// sorted returns them in an order that stays.
func (p providers) sorted() []provider {
	return slices.SortedFunc(maps.Values(p), func(a, b provider) int { return strings.Compare(a.key, b.key) })
}

// name returns what people call a provider, also one that is gone from the settings.
func (p providers) name(key string) string { return cmp.Or(p[key].name, key) }

// socialLogins are what logins by other providers need.
type socialLogins struct {
	providers  providers
	identities identities
	attempts   attempts
}

func newSocialLogins(m *slipway.Setup, cfg Config) socialLogins {
	return socialLogins{providers: newProviders(m, cfg), identities: identities{m.DB()}, attempts: attempts{m.DB()}}
}

func newProviders(m *slipway.Setup, cfg Config) providers {
	all := providers{}
	for key, p := range cfg.Providers {
		all[key] = provider{key: key, name: cmp.Or(p.Name, strings.ToUpper(key[:1])+key[1:]), Provider: social.NewProvider(social.Config{
			Issuer: p.Issuer.String(), ClientID: p.ClientID, ClientSecret: p.ClientSecret, Scopes: p.Scopes,
			RedirectURL: strings.TrimSuffix(m.Issuer(), "/") + "/sso/social/" + key + "/callback", Client: m.Outside(key),
		})}
	}
	return all
}

// authenticateBySocial returns the account that somebody's identity at a provider opens.
//
// An identity that was linked opens its account, whatever its e-mail is by now. A new one
// opens the account of its e-mail only if both sides have seen that the e-mail is the
// person's: the provider says so, and the account's owner has confirmed it. Without the
// first, whoever writes somebody's e-mail into a careless provider gets their account;
// without the second, whoever has registered with somebody's e-mail keeps a password to
// the account that its owner goes on to use.
func (s *service) authenticateBySocial(ctx context.Context, at provider, who social.Identity) (account, error) {
	var found account
	var err error
	for range 3 { // the same person, or one of the same e-mail, may come at the same time
		if found, err = s.openBySocial(ctx, at, who); !errors.Is(err, errTaken) && !errors.Is(err, errLinked) {
			return found, err
		}
	}
	return account{}, err
}

func (s *service) openBySocial(ctx context.Context, at provider, who social.Identity) (account, error) {
	var found account
	err := s.accounts.db.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error {
		user, linked, err := s.identities.use(ctx, tx, who)
		if err == nil && !linked {
			user, err = s.linkByEmail(ctx, tx, at, who)
		}
		if err != nil {
			return err
		}
		var known bool
		found, known, err = findAccount(ctx, tx, `id = $1`, user)
		if err == nil && (!known || !found.open) {
			err = problem.Forbidden("the account is closed").WithCode("account_closed")
		}
		return err
	})
	return found, err
}

// linkByEmail links a new identity to the account of its e-mail, or opens one.
func (s *service) linkByEmail(ctx context.Context, tx postgres.Tx, at provider, who social.Identity) (uuid.UUID, error) {
	email, err := parseEmail(who.Email)
	if err != nil || !who.Verified {
		return uuid.UUID{}, problem.Forbidden("%s does not vouch for an e-mail of yours; log in or register here, and link %s in your account", at.name, at.name).
			WithCode("email_not_verified")
	}
	found, known, err := findAccount(ctx, tx, `email = $1 FOR UPDATE`, email)
	switch {
	case err != nil:
		return uuid.UUID{}, err
	case known && !found.confirmed:
		return uuid.UUID{}, problem.Forbidden("there is an account with this e-mail, and nobody has confirmed that the e-mail is theirs; log in to it and link %s there", at.name).
			WithCode("email_not_confirmed")
	case !known:
		found.id, err = s.accounts.create(ctx, tx, newAccount{email: email, name: nameOf(who, email), confirmed: true, roles: []string{s.cfg.DefaultRole}})
		if err != nil {
			return uuid.UUID{}, err
		}
	}
	if _, err := s.identities.link(ctx, tx, found.id, at.key, who); err != nil {
		return uuid.UUID{}, err
	}
	s.logger.InfoContext(ctx, "identity linked", "user_id", found.id, "provider", at.key, "new_account", !known)
	if !known {
		return found.id, nil // of the account that they have just opened nobody need be told
	}
	return found.id, s.codes.tell(ctx, tx, found, found.email, identityLinked)
}

// nameOf returns how to address the person, by what the provider says.
func nameOf(who social.Identity, email string) string {
	plain := strings.Map(func(c rune) rune {
		if unicode.IsControl(c) {
			return -1
		}
		return c
	}, strings.ToValidUTF8(who.Name, ""))
	name := []rune(strings.TrimSpace(plain))
	if len(name) == 0 {
		local, _, _ := strings.Cut(email, "@")
		return local
	}
	return string(name[:min(len(name), maxName)])
}

// linkSocial links an identity to the account of who has logged in here and asks for it.
func (s *service) linkSocial(ctx context.Context, in session.Session, at provider, who social.Identity) error {
	err := s.accounts.inSession(ctx, in.User, in.ID, func(ctx context.Context, tx postgres.Tx) error {
		fresh, err := s.identities.link(ctx, tx, in.User, at.key, who)
		if err != nil || !fresh {
			return err
		}
		return s.tellOwner(ctx, tx, in.User, identityLinked)
	})
	if errors.Is(err, errLinked) {
		return problem.Conflict("this login at %s opens another account here; log in by it and remove it there first", at.name).WithCode("identity_taken").Wrap(err)
	}
	if err != nil {
		return err
	}
	s.logger.InfoContext(ctx, "identity linked", "user_id", in.User, "provider", at.key)
	return nil
}
