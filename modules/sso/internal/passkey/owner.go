package passkey

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// An owner is a user with their passkeys of this domain.
type owner struct {
	id          uuid.UUID
	email, name string
	credentials []webauthn.Credential
}

var _ webauthn.User = owner{}

// WebAuthnID is what authenticators know the user by: nothing that tells who it is.
func (o owner) WebAuthnID() []byte { return o.id[:] }

// WebAuthnName is what people choose among.
func (o owner) WebAuthnName() string { return o.email }

// WebAuthnDisplayName is the person's name.
func (o owner) WebAuthnDisplayName() string { return o.name }

// WebAuthnCredentials are the passkeys.
func (o owner) WebAuthnCredentials() []webauthn.Credential { return o.credentials }

// descriptors tell an authenticator which passkeys it need not make again.
func (o owner) descriptors() []protocol.CredentialDescriptor {
	all := make([]protocol.CredentialDescriptor, len(o.credentials))
	for i := range o.credentials {
		all[i] = o.credentials[i].Descriptor()
	}
	return all
}

func (o owner) room() error {
	if len(o.credentials) >= MaxPerUser {
		return ErrFull
	}
	return nil
}

// owner returns the user, or ErrNobody.
func (s *Store) owner(ctx context.Context, user uuid.UUID) (owner, error) {
	o := owner{id: user}
	err := s.db.QueryRow(ctx, `SELECT email, name FROM users WHERE id = $1`, user).Scan(&o.email, &o.name)
	if errors.Is(err, pgx.ErrNoRows) {
		return owner{}, ErrNobody
	}
	if err != nil {
		return owner{}, fmt.Errorf("look up the owner of passkeys: %w", err)
	}
	rows, err := s.db.Query(ctx, `SELECT record, sign_count FROM passkeys WHERE user_id = $1 AND domain = $2`, user, s.domain)
	if err != nil {
		return owner{}, fmt.Errorf("look up the passkeys of %s: %w", user, err)
	}
	o.credentials, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (webauthn.Credential, error) {
		var c webauthn.Credential
		var count int64
		err := row.Scan(&c, &count)
		c.Authenticator.SignCount = uint32(count) //nolint:gosec // it was one when it was stored
		return c, err
	})
	if err != nil {
		return owner{}, fmt.Errorf("look up the passkeys of %s: %w", user, err)
	}
	return o, nil
}
