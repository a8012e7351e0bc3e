package sso

import (
	"context"
	"log/slog"
	"net/netip"
	"runtime"
	"time"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/modules/sso/internal/grant"
	"github.com/slipway-go/slipway/modules/sso/internal/keys"
	"github.com/slipway-go/slipway/modules/sso/internal/passkey"
	"github.com/slipway-go/slipway/modules/sso/internal/password"
	"github.com/slipway-go/slipway/modules/sso/internal/revocation"
	"github.com/slipway-go/slipway/modules/sso/internal/session"
	"github.com/slipway-go/slipway/modules/sso/migrations"
	"github.com/slipway-go/slipway/modules/sso/ssoapi"
)

// New returns the module.
func New(opts ...Option) slipway.Module {
	o := options{newHasher: password.NewHasher}
	for _, opt := range opts {
		opt(&o)
	}
	return slipway.NewModule(ssoapi.Module, o.setup, slipway.Migrations(migrations.Files), slipway.Commands(commands), slipway.Checks(o.missing))
}

// An Option changes what a product's SSO does.
type Option func(*options)

type options struct {
	demo      []DemoUser
	mail, sms Sender
	newHasher func(n int) *password.Hasher
}

// A service is the module at work.
type service struct {
	cfg       Config
	accounts  accounts
	sessions  *session.Store
	revoked   *revocation.Store
	minter    grant.Minter
	audience  string         // of users' own tokens
	proxies   []netip.Prefix // that tell a client's address
	passwords *password.Hasher
	nobody    string // a hash to compare with when there is no account
	brakes    brakes
	passkeys  *passkey.Store
	admin     administration
	codes     codes
	phones    phones
	demo      *demo
	browser   *browser
	socialLogins

	logger *slog.Logger
}

func (o options) setup(m *slipway.Setup, cfg Config) error {
	sealer, err := cfg.sealer(m.Logger())
	if err != nil {
		return err
	}
	hasher := o.newHasher(runtime.GOMAXPROCS(0))
	ring := keys.NewRing(m.DB(), sealer, keys.Config{Life: cfg.KeyLife, Logger: m.Logger()})
	s := &service{
		cfg:       cfg,
		accounts:  accounts{db: m.DB(), roles: rolesOf(m.Contracts())},
		sessions:  session.NewStore(m.DB(), session.Config{Idle: cfg.SessionIdle, Life: cfg.SessionLife}),
		revoked:   revocation.NewStore(m.DB()),
		minter:    grant.Minter{Issuer: m.Issuer(), Life: cfg.AccessTokenLife, Signer: ring},
		audience:  m.EdgeAudience(),
		proxies:   m.TrustedProxies(),
		passwords: hasher,
		nobody:    hasher.Nobody(),
		brakes:    newBrakes(m.DB(), cfg),
		logger:    m.Logger(),

		socialLogins: newSocialLogins(m, cfg),
	}
	if s.passkeys, err = newPasskeys(m, cfg); err != nil {
		return err
	}
	s.admin = newAdministration(s, m, ring)
	if s.demo, err = o.newDemo(m, s); err != nil {
		return err
	}
	if s.browser, err = newBrowser(s, m); err != nil {
		return err
	}
	if err := o.handleCodes(m, s, sealer); err != nil {
		return err
	}
	s.accounts.roles.warnUnknown(m.Logger(), cfg.DefaultRole)
	s.handle(m, s.grants(m, ring))
	m.Background("sweep", s.sweep)
	return nil
}

func (s *service) grants(m *slipway.Setup, ring *keys.Ring) *grant.Server {
	return grant.NewServer(grant.Config{
		Issuer: m.Issuer(), EdgeAudience: m.EdgeAudience(), FirstParty: ssoapi.FirstParty, Origins: s.cfg.CORSOrigins,
		Minter: s.minter, Keys: ring, Sessions: s.sessions, Subjects: s.accounts,
		Clients: newClients(m, s.admin.services), Matrix: newMatrix(m.Contracts(), m.Neighbours()), Browser: s.browser,
		Verifier: ownVerifier(m.Issuer(), ring), RevocationBrake: s.brakes.revocation.take,
		Logger: m.Logger(),
	})
}

func (s *service) handle(m *slipway.Setup, g *grant.Server) {
	api.Handle(m, ssoapi.Register, s.register)
	api.Handle(m, ssoapi.Login, s.login)
	s.handleProfile(m)
	s.handleSessions(m)
	s.handlePasskeys(m)
	s.handleAdmin(m)
	handleOAuth(m, g)
	s.handlePages(m)
	s.handleRevocations(m)
	s.handleIdentities(m)
	s.handleSocial(m)
}

// sweepEvery is how often rows are deleted that nothing will ask for.
const sweepEvery = time.Hour

func (s *service) sweep(ctx context.Context) error {
	if err := s.demo.ensure(ctx); err != nil {
		s.logger.ErrorContext(ctx, "demo users not created", "error", err)
	}
	if _, err := s.admin.ring.Public(ctx); err != nil { // keys that cannot be opened are told now, and not at the first login
		s.logger.ErrorContext(ctx, "signing keys not read", "error", err)
	}
	ticker := time.NewTicker(sweepEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			s.sweepOnce(ctx)
		}
	}
}

func (s *service) sweepOnce(ctx context.Context) {
	for _, sweep := range []func(context.Context) error{s.sessions.Sweep, s.revoked.Sweep, s.brakes.sweep, s.passkeys.Sweep, s.codes.challenges.sweep, s.attempts.sweep} {
		if err := sweep(ctx); err != nil {
			s.logger.WarnContext(ctx, "sweep failed", "error", err)
		}
	}
}
