package sso

import (
	"context"
	"slices"
	"strings"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/modules/sso/internal/client"
	"github.com/slipway-go/slipway/modules/sso/internal/grant"
	"github.com/slipway-go/slipway/modules/sso/ssoapi"
)

// clients are the product's own front end, one per module, and those that are
// registered.
type clients struct {
	builtin    map[string]grant.Client
	registered *client.Store
	services   credentials
}

func newClients(m *slipway.Setup, services credentials) clients {
	all := map[string]grant.Client{ssoapi.FirstParty: {
		ID: ssoapi.FirstParty, Public: true, Grants: []string{grant.RefreshToken, grant.TokenExchange},
	}}
	neighbours := m.Neighbours()
	for _, c := range serviceContracts(m.Contracts()) {
		service := grant.Client{ID: c.Name(), Grants: []string{grant.ClientCredentials, grant.TokenExchange}}
		secret, known := m.ServiceSecret(c.Name())
		if known {
			service = service.WithSecrets(secret.Reveal())
		} else if len(neighbours[c.Name()]) > 0 {
			m.Logger().Info("a service has no credential in the settings here; it gets tokens by one that sso services create makes",
				"service", c.Name(), "variable", strings.ToUpper(c.Name())+"_CLIENT_SECRET")
		}
		all[c.Name()] = service
	}
	return clients{builtin: all, registered: client.NewStore(m.DB()), services: services}
}

// serviceContracts are those of modules: the kit's own is nobody who calls.
func serviceContracts(all []*api.Contract) []*api.Contract {
	return slices.DeleteFunc(all, func(c *api.Contract) bool { return c.Name() == slipway.KitOwner })
}

// Client finds a client.
func (c clients) Client(ctx context.Context, id string) (grant.Client, bool, error) {
	if found, ok := c.builtin[id]; ok && found.Public {
		return found, true, nil
	} else if ok {
		found, err := c.services.with(ctx, found)
		return found, true, err
	}
	return c.registered.Client(ctx, id)
}
