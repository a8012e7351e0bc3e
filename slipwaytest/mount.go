package slipwaytest

import (
	"net/http"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/telemetry"
)

// Mount lets a neighbour answer calls of a mounted route ([api.Send]) by a handler, as
// [Serve] does those of an operation: the token is looked at before, and the permissions of a
// user are taken for granted. On an Owner route the handler calls auth.Own.
func Mount(k *Kit, m *api.Mounted, h http.Handler) {
	k.t.Helper()
	n := k.standIns(m.Route)
	n.set(n.standOf(m.Route), func(string, string) http.RoundTripper {
		server := api.NewServer(m.Contract(), api.ServerConfig{
			Authenticator: granting{n.verifier, m.Access()}, EdgeAudience: edgeAudience, Observer: telemetry.Observer{Reporter: panics{n}},
		})
		api.Mount(registrar{server}, m, h)
		return local(n.t, server)
	})
}

// standOf returns the stand of a mounted route.
func (n *neighbours) standOf(r *api.Route) *stand {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.routes[r] == nil {
		n.routes[r] = &stand{pattern: func(neighbour string) string {
			if neighbour != r.Contract().Name() {
				return ""
			}
			return r.Pattern()
		}}
	}
	return n.routes[r]
}
