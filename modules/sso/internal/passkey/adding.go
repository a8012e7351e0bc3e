package passkey

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/google/uuid"

	"github.com/slipway-go/slipway/postgres"
)

// An Adding is a ceremony that has begun: the options are for
// navigator.credentials.create.
type Adding struct {
	Ceremony string
	Options  protocol.PublicKeyCredentialCreationOptions
}

// BeginAdding begins to add a passkey to the user's account. Errors: ErrNobody,
// ErrFull.
func (s *Store) BeginAdding(ctx context.Context, user uuid.UUID) (Adding, error) {
	o, err := s.owner(ctx, user)
	if err != nil {
		return Adding{}, err
	}
	if err := o.room(); err != nil {
		return Adding{}, err
	}
	options, begun, err := s.web.BeginRegistration(o, webauthn.WithExclusions(o.descriptors()))
	if err != nil {
		return Adding{}, fmt.Errorf("begin to add a passkey: %w", err)
	}
	id, err := s.keep(ctx, &user, begun)
	return Adding{id, options.Response}, err
}

// A Made is a passkey that is as it should be, to be added.
type Made struct {
	Passkey

	credential *webauthn.Credential
}

// FinishAdding looks at the passkey, to which the user gave a name; Add adds it. The
// answer is the browser's credential as JSON (RegistrationResponseJSON). Errors:
// ErrNobody, ErrCeremony, ErrRefused.
func (s *Store) FinishAdding(ctx context.Context, user uuid.UUID, ceremony, name string, answer []byte) (Made, error) {
	begun, err := s.take(ctx, &user, ceremony)
	if err != nil {
		return Made{}, err
	}
	o, err := s.owner(ctx, user)
	if err != nil {
		return Made{}, err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(answer)
	if err != nil {
		return Made{}, refused(err)
	}
	made, err := s.web.CreateCredential(o, begun, parsed)
	if err != nil {
		return Made{}, refused(err)
	}
	return Made{Passkey{ID: uuid.New(), User: user, Name: name, CreatedAt: time.Now(), BackedUp: made.Flags.BackupState}, made}, nil
}

// Add adds the passkey. It counts in the statement that inserts: with the user's row
// locked, of many at once no more are added than there is room for. Errors: ErrFull,
// ErrTaken.
func (s *Store) Add(ctx context.Context, tx postgres.Tx, p Made) error {
	record, err := json.Marshal(p.credential)
	if err != nil {
		return fmt.Errorf("add a passkey: %w", err)
	}
	added, err := tx.Exec(ctx, `
		INSERT INTO passkeys (id, user_id, domain, credential_id, record, sign_count, name, created_at)
		SELECT $1, $2, $3, $4, $5, $6, $7, $8 WHERE (SELECT count(*) FROM passkeys WHERE user_id = $2 AND domain = $3) < $9`,
		p.ID, p.User, s.domain, p.credential.ID, record, int64(p.credential.Authenticator.SignCount), p.Name, p.CreatedAt, MaxPerUser)
	switch {
	case postgres.IsUniqueViolation(err, "passkeys_credential_key"):
		return ErrTaken
	case err != nil:
		return fmt.Errorf("add a passkey: %w", err)
	case added.RowsAffected() == 0:
		return ErrFull
	}
	return nil
}
