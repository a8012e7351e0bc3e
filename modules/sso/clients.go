package sso

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/modules/sso/internal/grant"
	"github.com/slipway-go/slipway/modules/sso/ssoapi"
)

// clients are the product's own front end and one per module.
type clients map[string]grant.Client

func newClients(m *slipway.Setup) clients {
	all := clients{ssoapi.FirstParty: {ID: ssoapi.FirstParty, Public: true, Grants: []string{grant.RefreshToken}}}
	neighbours := m.Neighbours()
	for _, c := range m.Contracts() {
		client := grant.Client{ID: c.Name(), Grants: []string{grant.ClientCredentials, grant.TokenExchange}}
		secret, known := m.ServiceSecret(c.Name())
		if known {
			client = client.WithSecrets(secret.Reveal())
		} else if len(neighbours[c.Name()]) > 0 {
			m.Logger().Warn("a service has no credential here, so it gets no tokens; set the variable to the value that the service has",
				"service", c.Name(), "variable", strings.ToUpper(c.Name())+"_CLIENT_SECRET")
		}
		all[c.Name()] = client
	}
	return all
}

// Client finds a client.
func (c clients) Client(_ context.Context, id string) (grant.Client, bool, error) {
	client, ok := c[id]
	return client, ok, nil
}

func jsonResponse(r *http.Request, body []byte) *http.Response {
	return &http.Response{
		Status: "200 OK", StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {"application/json"}},
		Body:   io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)), Request: r,
	}
}
