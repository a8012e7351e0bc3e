package sso

import (
	"context"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/modules/sso/ssoapi"
	"github.com/slipway-go/slipway/problem"
)

// person returns the user who asks in person, by the product's own front end. A service
// that does it for them is refused, and a client that they let in: what was lent to a
// neighbour, or to an application to log in to it, must not become a way to log in.
func person(ctx context.Context) (uuid.UUID, error) {
	p, user, err := holder(ctx)
	if err == nil && p.ClientID != ssoapi.FirstParty {
		err = problem.Forbidden("the application %s cannot do this for a user: send them to %s", p.ClientID, accountPage).WithCode(inPersonOnly)
	}
	return user, err
}

const inPersonOnly = "in_person_only"

// holder returns whose token asks, by whatever client.
func holder(ctx context.Context) (*auth.Principal, uuid.UUID, error) {
	p, ok := auth.PrincipalFrom(ctx)
	if !ok {
		return nil, uuid.UUID{}, problem.Unauthorized("log in first")
	}
	if service := p.Service(); service != "" {
		return nil, uuid.UUID{}, problem.Forbidden("the service %s cannot do this for a user; only the user can", service).WithCode(inPersonOnly)
	}
	user, err := uuid.Parse(p.Subject)
	if err != nil {
		return nil, uuid.UUID{}, noAccount()
	}
	return p, user, nil
}

func noAccount() *problem.Error {
	return problem.NotFound("there is no account of yours here any more").WithCode("no_account")
}
