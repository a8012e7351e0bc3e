package sso

import (
	"context"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/problem"
)

// person returns the user who asks in person. A service that does it for them is
// refused: what was lent to a neighbour must not become a way to log in.
func person(ctx context.Context) (uuid.UUID, error) {
	p, ok := auth.PrincipalFrom(ctx)
	if !ok {
		return uuid.UUID{}, problem.Unauthorized("log in first")
	}
	if service := p.Service(); service != "" {
		return uuid.UUID{}, problem.Forbidden("the service %s cannot do this for a user; only the user can", service).WithCode("in_person_only")
	}
	user, err := uuid.Parse(p.Subject)
	if err != nil {
		return uuid.UUID{}, noAccount()
	}
	return user, nil
}

// ownInPerson tells whether the object of this user is that of who asks in person.
func ownInPerson(ctx context.Context, owner uuid.UUID) error {
	if err := auth.Own(ctx, owner.String()); err != nil {
		return err
	}
	_, err := person(ctx)
	return err
}

func noAccount() *problem.Error {
	return problem.NotFound("there is no account of yours here any more").WithCode("no_account")
}
