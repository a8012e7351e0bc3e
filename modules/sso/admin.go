package sso

import (
	"context"
	"errors"
	"time"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/modules/sso/internal/keys"
	"github.com/slipway-go/slipway/modules/sso/ssoapi"
	"github.com/slipway-go/slipway/problem"
)

// administration is what those use who run the product.
type administration struct {
	people   people
	roles    roleStore
	services credentials
	clients  registry
	ring     *keys.Ring
}

// A product is what the SSO serves.
type product interface {
	Contracts() []*api.Contract
	Neighbours() map[string][]string
	EdgeAudience() string
	SecretInSettings(module string) bool
}

func newAdministration(s *service, of product, ring *keys.Ring) administration {
	roles := roleStore{db: s.accounts.db, roles: s.accounts.roles, defaultRole: s.cfg.DefaultRole, sessions: s.sessions, logger: s.logger}
	services := credentials{db: s.accounts.db, matrix: newMatrix(of.Contracts(), of.Neighbours()), logger: s.logger}
	for _, c := range serviceContracts(of.Contracts()) {
		services.services = append(services.services, c.Name())
	}
	services.settings = of.SecretInSettings
	return administration{
		people: people{accounts: s.accounts, roles: roles, sessions: s.sessions, logger: s.logger},
		roles:  roles, services: services, ring: ring,
		clients: newRegistry(s, append([]string{ssoapi.FirstParty, of.EdgeAudience(), slipway.KitOwner}, services.services...)),
	}
}

func (s *service) handleAdmin(m *slipway.Setup) {
	a := s.admin
	api.Handle(m, ssoapi.ListUsers, a.people.list)
	api.Handle(m, ssoapi.GetUser, a.getUser)
	api.Handle(m, ssoapi.ChangeUser, a.changeUser)
	api.Handle(m, ssoapi.SetUserRoles, a.setUserRoles)
	api.Handle(m, ssoapi.ListRoles, a.listRoles)
	api.Handle(m, ssoapi.GetRole, a.getRole)
	api.Handle(m, ssoapi.SetRole, a.setRole)
	api.Handle(m, ssoapi.ResetRole, a.resetRole)
	api.Handle(m, ssoapi.ListPermissions, a.listPermissions)
	api.Handle(m, ssoapi.ListServiceCredentials, a.listCredentials)
	api.Handle(m, ssoapi.CreateServiceCredential, a.createCredential)
	api.Handle(m, ssoapi.RevokeServiceCredential, a.revokeCredential)
	api.Handle(m, ssoapi.ListSigningKeys, a.listKeys)
	api.Handle(m, ssoapi.RotateSigningKeys, a.rotateKeys)
	a.clients.handle(m)
}

func (a administration) getUser(ctx context.Context, in ssoapi.UserInput) (ssoapi.User, error) {
	return a.people.find(ctx, a.people.accounts.db, byID, in.ID)
}

func (a administration) changeUser(ctx context.Context, in ssoapi.ChangeUserInput) (ssoapi.User, error) {
	return a.people.disable(ctx, grantorOf(ctx), in.ID, in.Body.Disabled)
}

func (a administration) setUserRoles(ctx context.Context, in ssoapi.SetUserRolesInput) (ssoapi.User, error) {
	return a.people.setRoles(ctx, grantorOf(ctx), in.ID, in.Body.Roles)
}

func (a administration) listRoles(ctx context.Context, _ api.Empty) (ssoapi.Roles, error) {
	b, err := a.roles.read(ctx, a.roles.db)
	return ssoapi.Roles{Roles: b.all()}, err
}

func (a administration) getRole(ctx context.Context, in ssoapi.RoleInput) (ssoapi.Role, error) {
	b, err := a.roles.read(ctx, a.roles.db)
	if err != nil {
		return ssoapi.Role{}, err
	}
	return b.role(in.Name), b.find(in.Name)
}

func (a administration) setRole(ctx context.Context, in ssoapi.SetRoleInput) (ssoapi.Role, error) {
	return a.roles.set(ctx, grantorOf(ctx), in.Name, in.Body.Permissions)
}

func (a administration) resetRole(ctx context.Context, in ssoapi.RoleInput) (ssoapi.Role, error) {
	return a.roles.reset(ctx, grantorOf(ctx), in.Name)
}

func (a administration) listPermissions(context.Context, api.Empty) (ssoapi.Permissions, error) {
	all := a.roles.roles.catalogue()
	out := ssoapi.Permissions{Permissions: make([]ssoapi.Permission, len(all))}
	for i, p := range all {
		out.Permissions[i] = ssoapi.Permission{Name: p.Name(), Doc: p.Doc(), Module: p.module, Roles: append([]string{}, p.Roles()...)}
	}
	return out, nil
}

func (a administration) listCredentials(ctx context.Context, in ssoapi.ServiceInput) (ssoapi.ServiceCredentials, error) {
	if err := a.services.known(in.Name); err != nil {
		return ssoapi.ServiceCredentials{}, err
	}
	found, err := a.services.list(ctx, a.services.db, in.Name)
	return ssoapi.ServiceCredentials{Credentials: found, SettingsSecret: a.services.settings(in.Name)}, err
}

func (a administration) createCredential(ctx context.Context, in ssoapi.CreateServiceCredentialInput) (ssoapi.NewServiceCredential, error) {
	var overlap *time.Duration
	if in.Body.Overlap != nil {
		overlap = new(time.Duration(*in.Body.Overlap) * time.Second)
	}
	return a.services.create(ctx, grantorOf(ctx), in.Name, overlap)
}

func (a administration) revokeCredential(ctx context.Context, in ssoapi.RevokeServiceCredentialInput) (api.Empty, error) {
	return api.Empty{}, a.services.revoke(ctx, grantorOf(ctx), in.Name, in.ID)
}

func (a administration) listKeys(ctx context.Context, _ api.Empty) (ssoapi.SigningKeys, error) {
	found, err := a.ring.Keys(ctx)
	all := ssoapi.SigningKeys{Keys: make([]ssoapi.SigningKey, len(found))}
	for i, k := range found {
		all.Keys[i] = ssoapi.SigningKey(k)
	}
	return all, err
}

func (a administration) rotateKeys(ctx context.Context, in ssoapi.RotateSigningKeysInput) (ssoapi.SigningKeys, error) {
	return a.rotate(ctx, grantorOf(ctx), in.Body.Leaked)
}

func (a administration) rotate(ctx context.Context, by grantor, leaked bool) (ssoapi.SigningKeys, error) {
	rotate := a.ring.Rotate
	if leaked {
		rotate = a.ring.Replace
	}
	err := rotate(ctx)
	if e, ok := errors.AsType[*keys.UnpublishedError](err); ok {
		return ssoapi.SigningKeys{}, problem.Conflict("%s; after a leak withdraw every key instead", e.Error()).WithCode("next_key_unpublished")
	}
	if err != nil {
		return ssoapi.SigningKeys{}, err
	}
	a.people.logger.WarnContext(ctx, "signing keys rotated", "leaked", leaked, "by", by.name)
	return a.listKeys(ctx, api.Empty{})
}
