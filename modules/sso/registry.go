package sso

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/modules/sso/internal/client"
	"github.com/slipway-go/slipway/modules/sso/internal/grant"
	"github.com/slipway-go/slipway/modules/sso/internal/revocation"
	"github.com/slipway-go/slipway/modules/sso/internal/session"
	"github.com/slipway-go/slipway/modules/sso/ssoapi"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/problem"
)

// A registry is what those use who say which applications let people in.
type registry struct {
	db       *postgres.DB
	clients  *client.Store
	sessions *session.Store
	roles    roles
	taken    []string // names of others: tokens say by them whose they are
	logger   *slog.Logger
}

func newRegistry(s *service, taken []string) registry {
	db := s.accounts.db
	return registry{db: db, clients: client.NewStore(db), sessions: s.sessions, roles: s.accounts.roles, taken: taken, logger: s.logger}
}

func (r registry) handle(m *slipway.Setup) {
	api.Handle(m, ssoapi.ListClients, func(ctx context.Context, _ api.Empty) (ssoapi.RegisteredClients, error) { return r.list(ctx) })
	api.Handle(m, ssoapi.CreateClient, func(ctx context.Context, in ssoapi.CreateClientInput) (ssoapi.NewClient, error) {
		return r.create(ctx, grantorOf(ctx), in.Body)
	})
	api.Handle(m, ssoapi.RotateClientSecret, func(ctx context.Context, in ssoapi.RotateClientSecretInput) (ssoapi.ClientSecret, error) {
		return r.rotate(ctx, grantorOf(ctx), in.ID, in.Body.Retire)
	})
	api.Handle(m, ssoapi.RevokeClient, func(ctx context.Context, in ssoapi.ClientInput) (api.Empty, error) {
		return api.Empty{}, r.revoke(ctx, grantorOf(ctx), in.ID)
	})
}

func (r registry) list(ctx context.Context) (ssoapi.RegisteredClients, error) {
	found, err := r.clients.List(ctx)
	all := ssoapi.RegisteredClients{Clients: make([]ssoapi.RegisteredClient, len(found))}
	for i, c := range found {
		all.Clients[i] = registeredClient(c)
	}
	return all, err
}

func registeredClient(c client.Client) ssoapi.RegisteredClient {
	return ssoapi.RegisteredClient{
		ClientRegistration: ssoapi.ClientRegistration{
			ID: c.ID, Name: c.Name, Public: c.Public, RedirectURIs: c.RedirectURIs, PostLogoutRedirectURIs: c.PostLogoutRedirectURIs,
			Grants: c.Grants, Scopes: c.Scopes, Algorithm: c.Algorithm,
		},
		CreatedAt: c.CreatedAt, Secrets: c.Secrets(),
	}
}

func (r registry) create(ctx context.Context, by grantor, given ssoapi.ClientRegistration) (ssoapi.NewClient, error) {
	c := clientOf(given)
	if faults := r.check(c); len(faults) > 0 {
		return ssoapi.NewClient{}, refuseClient(faults)
	}
	if slices.Contains(r.taken, c.ID) {
		return ssoapi.NewClient{}, clientTaken("the id %s belongs to a module of the product, to its own front end or to its edge: choose another", c.ID)
	}
	if err := by.mayChange(r.permissionsOf(c)); err != nil {
		return ssoapi.NewClient{}, err
	}
	created, secret, err := r.clients.Create(ctx, c)
	if err != nil {
		return ssoapi.NewClient{}, clientProblem(err)
	}
	r.logger.InfoContext(ctx, "client registered", "client_id", c.ID, "by", by.name)
	return ssoapi.NewClient{RegisteredClient: registeredClient(created), Secret: secret}, nil
}

// check tells everything that is wrong with a client. A scope that is misspelt would be
// refused to everybody, and who asks would look elsewhere for the fault.
func (r registry) check(c grant.Client) []problem.Field {
	faults := client.Check(c)
	known := append(grant.IdentityScopes(), grant.EveryPermission)
	for _, p := range r.roles.catalogue() {
		known = append(known, p.Name())
	}
	for i, scope := range c.Scopes {
		if !slices.Contains(known, scope) {
			faults = append(faults, problem.Field{
				Location: fmt.Sprintf("body.scopes[%d]", i),
				Message: fmt.Sprintf("scope %.64q is neither %s for all permissions, a permission of a module, nor one of %s%s",
					scope, grant.EveryPermission, strings.Join(grant.IdentityScopes(), ", "), didYouMean(scope, known)),
			})
		}
	}
	return faults
}

// permissionsOf returns what the client may be lent by those who log in to it. Whoever has
// its secret has that of the most powerful of them.
func (r registry) permissionsOf(c grant.Client) []string {
	if !slices.Contains(c.Scopes, grant.EveryPermission) {
		return c.Permissions()
	}
	var all []string
	for _, p := range r.roles.catalogue() {
		all = append(all, p.Name())
	}
	return all
}

// clientOf fills in what was left out.
func clientOf(given ssoapi.ClientRegistration) grant.Client {
	c := grant.Client{
		ID: given.ID, Name: given.Name, Public: given.Public, RedirectURIs: given.RedirectURIs, PostLogoutRedirectURIs: given.PostLogoutRedirectURIs,
		Grants: given.Grants, Scopes: given.Scopes, Algorithm: given.Algorithm,
	}
	if len(c.Grants) == 0 {
		c.Grants = []string{grant.AuthorizationCode, grant.RefreshToken}
	}
	if len(c.Scopes) == 0 {
		c.Scopes = []string{"openid", "profile", "email"}
	}
	if c.Algorithm == "" {
		c.Algorithm = auth.EdDSA
	}
	return c
}

// rotate returns a new secret. One that is to replace a leaked one takes the client's
// tokens back as well.
func (r registry) rotate(ctx context.Context, by grantor, id string, retire bool) (ssoapi.ClientSecret, error) {
	c, known, err := r.clients.Client(ctx, id)
	if err == nil && !known {
		err = client.ErrUnknown
	}
	if err != nil {
		return ssoapi.ClientSecret{}, clientProblem(err)
	}
	if err := by.mayChange(r.permissionsOf(c)); err != nil {
		return ssoapi.ClientSecret{}, err
	}
	secret, err := r.clients.Rotate(ctx, id, retire)
	if err != nil {
		return ssoapi.ClientSecret{}, clientProblem(err)
	}
	if retire {
		if err := revocation.Revoke(ctx, r.db, auth.ClientKey(id), time.Now()); err != nil {
			return ssoapi.ClientSecret{}, err
		}
	}
	r.logger.InfoContext(ctx, "client's secret rotated", "client_id", id, "former_retired", retire, "by", by.name)
	return ssoapi.ClientSecret{Secret: secret}, nil
}

func (r registry) revoke(ctx context.Context, by grantor, id string) error {
	err := r.db.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error {
		if err := r.clients.Revoke(ctx, tx, id); err != nil {
			return err
		}
		if err := r.sessions.EndOfClient(ctx, tx, id, "the client was revoked"); err != nil {
			return err
		}
		return revocation.Revoke(ctx, tx, auth.ClientKey(id), time.Time{})
	})
	if err != nil {
		return clientProblem(err)
	}
	r.logger.InfoContext(ctx, "client revoked", "client_id", id, "by", by.name)
	return nil
}

func clientTaken(format string, args ...any) error {
	return problem.Conflict(format, args...).WithCode("client_taken")
}

func refuseClient(faults []problem.Field) error {
	p := problem.Unprocessable("the client cannot be registered like this; see errors").WithCode("client_refused")
	for _, f := range faults {
		p = p.WithField(f.Location, f.Message)
	}
	return p
}

func clientProblem(err error) error {
	switch {
	case errors.Is(err, client.ErrTaken), errors.Is(err, client.ErrBurnt):
		return clientTaken("%s", err)
	case errors.Is(err, client.ErrUnknown):
		return problem.NotFound("%s", client.ErrUnknown).WithCode("client_unknown")
	case errors.Is(err, client.ErrPublic):
		return problem.Conflict("%s", client.ErrPublic).WithCode("client_public")
	}
	return err
}
