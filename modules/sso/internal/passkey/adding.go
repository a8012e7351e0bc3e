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

// FinishAdding adds the passkey under a name that the user gave it. The answer is the
// browser's credential as JSON (RegistrationResponseJSON). Errors: ErrNobody, ErrFull,
// ErrCeremony, ErrRefused, ErrTaken.
func (s *Store) FinishAdding(ctx context.Context, user uuid.UUID, ceremony, name string, answer []byte) (Passkey, error) {
	begun, err := s.take(ctx, &user, ceremony)
	if err != nil {
		return Passkey{}, err
	}
	o, err := s.owner(ctx, user)
	if err != nil {
		return Passkey{}, err
	}
	if err := o.room(); err != nil {
		return Passkey{}, err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(answer)
	if err != nil {
		return Passkey{}, refused(err)
	}
	made, err := s.web.CreateCredential(o, begun, parsed)
	if err != nil {
		return Passkey{}, refused(err)
	}
	return s.insert(ctx, Passkey{ID: uuid.New(), User: user, Name: name, CreatedAt: time.Now(), BackedUp: made.Flags.BackupState}, made)
}

func (s *Store) insert(ctx context.Context, p Passkey, made *webauthn.Credential) (Passkey, error) {
	record, err := json.Marshal(made)
	if err != nil {
		return Passkey{}, fmt.Errorf("add a passkey: %w", err)
	}
	_, err = s.db.Exec(ctx, `
		INSERT INTO passkeys (id, user_id, domain, credential_id, record, sign_count, name, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		p.ID, p.User, s.domain, made.ID, record, int64(made.Authenticator.SignCount), p.Name, p.CreatedAt)
	if postgres.IsUniqueViolation(err, "passkeys_credential_key") {
		return Passkey{}, ErrTaken
	}
	if err != nil {
		return Passkey{}, fmt.Errorf("add a passkey: %w", err)
	}
	return p, nil
}
