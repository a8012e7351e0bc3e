package sso

import (
	"context"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/modules/sso/internal/keys"
	"github.com/slipway-go/slipway/modules/sso/ssoapi"
)

// administration is what those use who run the product.
type administration struct {
	people people
	roles  roleStore
	ring   *keys.Ring
}

func newAdministration(s *service, ring *keys.Ring) administration {
	roles := roleStore{db: s.accounts.db, roles: s.accounts.roles, defaultRole: s.cfg.DefaultRole, logger: s.logger}
	return administration{people: people{accounts: s.accounts, roles: roles, sessions: s.sessions, logger: s.logger}, roles: roles, ring: ring}
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
