package sso

import (
	"context"
	"testing"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/problem"
)

func TestPerson(t *testing.T) {
	t.Parallel()
	ada := uuid.NewString()
	for name, c := range map[string]struct {
		who    *auth.Principal
		status int
	}{
		"a client that was let in": {&auth.Principal{Subject: ada, ClientID: "web"}, 403},
		"nobody":                   {nil, 401},
		"a service for a user":     {&auth.Principal{Subject: ada, ClientID: "slipway", Actors: []string{"till"}}, 403},
		"a service on its own":     {&auth.Principal{Subject: "till", ClientID: "till"}, 403},
		"a user of another system": {&auth.Principal{Subject: "ada", ClientID: "slipway"}, 404},
	} {
		if _, err := person(auth.WithPrincipal(context.Background(), c.who)); problem.Status(err) != c.status {
			t.Errorf("%s is answered %v, want %d", name, err, c.status)
		}
	}
	got, err := person(auth.WithPrincipal(context.Background(), &auth.Principal{Subject: ada, ClientID: "slipway", SessionID: uuid.NewString()}))
	if err != nil || got.String() != ada {
		t.Errorf("person() = %s, %v; want the user who asks in person", got, err)
	}
}
