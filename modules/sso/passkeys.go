package sso

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/internal/loopback"
	"github.com/slipway-go/slipway/modules/sso/internal/passkey"
	"github.com/slipway-go/slipway/modules/sso/internal/session"
	"github.com/slipway-go/slipway/modules/sso/ssoapi"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/problem"
)

func (s *service) handlePasskeys(m *slipway.Setup) {
	api.Handle(m, ssoapi.ListPasskeys, s.listPasskeys)
	api.Handle(m, ssoapi.BeginPasskey, s.beginPasskey)
	api.Handle(m, ssoapi.AddPasskey, s.addPasskey)
	api.Handle(m, ssoapi.DeletePasskey, s.deletePasskey)
	api.Handle(m, ssoapi.BeginPasskeyLogin, s.beginPasskeyLogin)
	api.Handle(m, ssoapi.LoginByPasskey, s.loginByPasskey)
}

// newPasskeys returns the store of those that work where the product is reached.
func newPasskeys(m *slipway.Setup, cfg Config) (*passkey.Store, error) {
	issuer := issuerOf(m)
	at, err := cfg.passkeysAt(issuer)
	if err != nil {
		return nil, err
	}
	if host := issuer.Hostname(); !passkey.ValidDomain(host) && !loopback.Is(host) {
		m.Logger().Warn("browsers know passkeys of domain names only; set SLIPWAY_PUBLIC_URL to one", "issuer", m.Issuer())
	}
	return passkey.NewStore(m.DB(), at)
}

// passkeysAt says on which domain and for whose pages passkeys work. Browsers refuse
// those of an address; that of development is reached as localhost all the same.
func (c Config) passkeysAt(issuer *url.URL) (passkey.Config, error) {
	at := passkey.Config{Domain: issuer.Hostname(), Name: c.product(issuer.Host), Origins: append([]string{issuer.Scheme + "://" + issuer.Host}, c.PasskeyOrigins...)}
	if !passkey.ValidDomain(at.Domain) {
		at.Domain = "localhost"
		at.Origins = append(at.Origins, named(issuer))
	}
	switch above := c.PasskeyDomain; {
	case above == "":
	case at.Domain == above, strings.HasSuffix(at.Domain, "."+above):
		at.Domain = above
	default:
		return at, fmt.Errorf("SSO_PASSKEY_DOMAIN is %q; expected %s, where people log in, or a domain above it", above, at.Domain)
	}
	return at, nil
}

// named is where browsers know passkeys of the product that is reached at the address.
func named(issuer *url.URL) string {
	if passkey.ValidDomain(issuer.Hostname()) {
		return issuer.Scheme + "://" + issuer.Host
	}
	return issuer.Scheme + "://" + strings.TrimSuffix(net.JoinHostPort("localhost", issuer.Port()), ":")
}

// passkeysAt is the address of the page by name; "" where it has been opened by one.
// Browsers refuse passkeys at an IP address.
func (b *browser) passkeysAt(r *http.Request) string {
	host := (&url.URL{Host: r.Host}).Hostname()
	if net.ParseIP(host) == nil {
		return ""
	}
	return b.named + r.URL.RequestURI()
}

func (s *service) listPasskeys(ctx context.Context, _ api.Empty) (ssoapi.Passkeys, error) {
	user, err := person(ctx)
	if err != nil {
		return ssoapi.Passkeys{}, err
	}
	found, err := s.passkeys.OfUser(ctx, user)
	if err != nil {
		return ssoapi.Passkeys{}, err
	}
	all := make([]ssoapi.Passkey, len(found))
	for i, p := range found {
		all[i] = described(p)
	}
	return ssoapi.Passkeys{Passkeys: all}, nil
}

func described(p passkey.Passkey) ssoapi.Passkey {
	return ssoapi.Passkey{ID: p.ID, Name: p.Name, BackedUp: p.BackedUp, CreatedAt: p.CreatedAt, LastUsedAt: p.LastUsedAt}
}

func (s *service) beginPasskey(ctx context.Context, _ api.Empty) (ssoapi.PasskeyAdding, error) {
	user, err := person(ctx)
	if err != nil {
		return ssoapi.PasskeyAdding{}, err
	}
	begun, err := s.passkeys.BeginAdding(ctx, user)
	if err != nil {
		return ssoapi.PasskeyAdding{}, s.passkeyNotAdded(ctx, err)
	}
	options, err := inJSON[ssoapi.PasskeyCreation](begun.Options)
	return ssoapi.PasskeyAdding{CeremonyID: begun.Ceremony, Options: options}, err
}

func (s *service) addPasskey(ctx context.Context, in ssoapi.AddPasskeyInput) (ssoapi.Passkey, error) {
	user, err := person(ctx)
	if err != nil {
		return ssoapi.Passkey{}, err
	}
	answer, err := json.Marshal(browserAnswer[ssoapi.PasskeyMade]{in.Body.Credential.ID, in.Body.Credential.ID, in.Body.Credential.Type, in.Body.Credential.Response})
	if err != nil {
		return ssoapi.Passkey{}, err
	}
	made, err := s.passkeys.FinishAdding(ctx, user, in.Body.CeremonyID, in.Body.Name, answer)
	if err != nil {
		return ssoapi.Passkey{}, s.passkeyNotAdded(ctx, err)
	}
	err = s.accounts.inSession(ctx, user, currentSession(ctx), func(ctx context.Context, tx postgres.Tx) error {
		if err := s.passkeys.Add(ctx, tx, made); err != nil {
			return err
		}
		return s.tellOwner(ctx, tx, user, passkeyAdded)
	})
	if err != nil {
		return ssoapi.Passkey{}, s.passkeyNotAdded(ctx, err)
	}
	s.logger.InfoContext(ctx, "passkey added", "user_id", user, "passkey_id", made.ID)
	return described(made.Passkey), nil
}

// A browserAnswer is what of a browser's credential matters. Extensions, of which none
// was asked for, are not read.
type browserAnswer[R any] struct {
	ID       string `json:"id"`
	RawID    string `json:"rawId"` // the same by the standard
	Type     string `json:"type"`
	Response R      `json:"response"`
}

// passkeyNotAdded tells the client what it can do about it.
func (s *service) passkeyNotAdded(ctx context.Context, err error) error {
	switch {
	case errors.Is(err, passkey.ErrCeremony):
		return problem.Unprocessable("this began more than five minutes ago, was finished before or is somebody else's; begin again").WithCode("passkey_refused").Wrap(err)
	case errors.Is(err, passkey.ErrRefused):
		s.logger.InfoContext(ctx, "passkey refused", "error", err)
		return problem.Unprocessable("the authenticator's answer does not fit what it was asked; begin again").WithCode("passkey_refused").Wrap(err)
	case errors.Is(err, passkey.ErrTaken):
		return problem.Conflict("this passkey was added before").WithCode("passkey_taken").Wrap(err)
	case errors.Is(err, passkey.ErrFull):
		return problem.Conflict("an account has %d passkeys at most; delete one that you do not use", passkey.MaxPerUser).WithCode("passkeys_full").Wrap(err)
	case errors.Is(err, passkey.ErrNobody):
		return noAccount().Wrap(err)
	}
	return err
}

func (s *service) deletePasskey(ctx context.Context, in ssoapi.PasskeyInput) (api.Empty, error) {
	if _, err := person(ctx); err != nil {
		return api.Empty{}, err
	}
	found, known, err := s.passkeys.Find(ctx, in.ID)
	if err != nil {
		return api.Empty{}, err
	}
	if !known {
		return api.Empty{}, problem.NotFound("there is no passkey %s", in.ID)
	}
	if err := auth.Own(ctx, found.User.String()); err != nil {
		return api.Empty{}, err
	}
	err = s.accounts.keepAWayIn(ctx, found.User, func(ctx context.Context, tx postgres.Tx) error {
		if err := s.passkeys.Delete(ctx, tx, found.ID); err != nil {
			return err
		}
		return s.tellOwner(ctx, tx, found.User, passkeyRemoved)
	})
	if err != nil {
		return api.Empty{}, err
	}
	s.logger.InfoContext(ctx, "passkey deleted", "user_id", found.User, "passkey_id", found.ID)
	return api.Empty{}, nil
}

func (s *service) beginPasskeyLogin(ctx context.Context, in ssoapi.BeginPasskeyLoginInput) (ssoapi.PasskeyLogin, error) {
	if err := s.brakes.ceremony.take(ctx, in.Address(s.proxies)); err != nil {
		return ssoapi.PasskeyLogin{}, err
	}
	begun, err := s.passkeys.BeginLogin(ctx)
	if err != nil {
		return ssoapi.PasskeyLogin{}, err
	}
	options, err := inJSON[ssoapi.PasskeyRequest](begun.Options)
	return ssoapi.PasskeyLogin{CeremonyID: begun.Ceremony, Options: options}, err
}

func (s *service) loginByPasskey(ctx context.Context, in ssoapi.PasskeyLoginInput) (ssoapi.Tokens, error) {
	user, err := s.authenticateByPasskey(ctx, in.Body)
	if err != nil {
		return ssoapi.Tokens{}, err
	}
	return s.openSession(ctx, user, session.Passkey, in.Origin)
}

// authenticateByPasskey returns whose passkey it is. A proof costs a guesser nothing
// that could be guessed, so nothing is counted.
func (s *service) authenticateByPasskey(ctx context.Context, proof ssoapi.PasskeyProof) (account, error) {
	answer, err := json.Marshal(browserAnswer[ssoapi.PasskeyUsed]{proof.Credential.ID, proof.Credential.ID, proof.Credential.Type, proof.Credential.Response})
	if err != nil {
		return account{}, err
	}
	user, err := s.passkeys.FinishLogin(ctx, proof.CeremonyID, answer)
	if err != nil {
		return account{}, s.passkeyNotBelieved(ctx, err)
	}
	found, known, err := s.accounts.byID(ctx, user)
	if err != nil {
		return account{}, err
	}
	if !known || !found.open {
		return account{}, refusedPasskey()
	}
	return found, nil
}

// refusedPasskey is all that a failed login is told, but for what it can do about it.
func refusedPasskey() *problem.Error {
	return problem.Unauthorized("this passkey does not open an account here; log in another way").WithCode("passkey_refused")
}

func (s *service) passkeyNotBelieved(ctx context.Context, err error) error {
	switch {
	case errors.Is(err, passkey.ErrCeremony):
		return problem.Unauthorized("this login began more than five minutes ago or was finished before; begin again").WithCode("passkey_refused").Wrap(err)
	case errors.Is(err, passkey.ErrCopied):
		s.logger.WarnContext(ctx, "passkey refused", "error", err)
		return refusedPasskey().Wrap(err)
	case errors.Is(err, passkey.ErrRefused):
		s.logger.InfoContext(ctx, "passkey refused", "error", err)
		return refusedPasskey().Wrap(err)
	}
	return err
}

// inJSON turns what the library says into the contract's type: both have the form
// that the standard gives it.
func inJSON[T any](v any) (T, error) {
	var out T
	text, err := json.Marshal(v)
	if err != nil {
		return out, err
	}
	return out, json.Unmarshal(text, &out)
}
