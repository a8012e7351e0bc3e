package passkey

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/google/uuid"
)

// A Login is a ceremony that has begun: the options are for
// navigator.credentials.get. They name no passkey, so that they tell nothing of
// accounts; the authenticator knows which it has.
type Login struct {
	Ceremony string
	Options  protocol.PublicKeyCredentialRequestOptions
}

// BeginLogin begins a login of whoever it will be.
func (s *Store) BeginLogin(ctx context.Context) (Login, error) {
	options, begun, err := s.web.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return Login{}, fmt.Errorf("begin a login by passkey: %w", err)
	}
	id, err := s.keep(ctx, nil, begun)
	return Login{id, options.Response}, err
}

// FinishLogin returns who has logged in. The answer is the browser's credential as
// JSON (AuthenticationResponseJSON). Errors: ErrCeremony, ErrRefused, ErrCopied.
func (s *Store) FinishLogin(ctx context.Context, ceremony string, answer []byte) (uuid.UUID, error) {
	begun, err := s.take(ctx, nil, ceremony)
	if err != nil {
		return uuid.UUID{}, err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(answer)
	if err != nil {
		return uuid.UUID{}, refused(err)
	}
	o, err := s.ownerOf(ctx, parsed.Response.UserHandle)
	if errors.Is(err, ErrNobody) {
		return uuid.UUID{}, refused(err)
	}
	if err != nil {
		return uuid.UUID{}, err
	}
	known := func(_, _ []byte) (webauthn.User, error) { return o, nil }
	_, used, err := s.web.ValidatePasskeyLogin(known, begun, parsed)
	if err != nil {
		return uuid.UUID{}, refused(err)
	}
	return o.id, s.use(ctx, used)
}

func (s *Store) ownerOf(ctx context.Context, handle []byte) (owner, error) {
	user, err := uuid.FromBytes(handle)
	if err != nil {
		return owner{}, ErrNobody
	}
	return s.owner(ctx, user)
}

// use notes the login. The count grows in one statement: two who come with the same
// one, of which the copy is one, are not both let in. An authenticator that does not
// count says zero for ever.
func (s *Store) use(ctx context.Context, c *webauthn.Credential) error {
	if c.Authenticator.CloneWarning {
		return ErrCopied
	}
	record, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("note the use of a passkey: %w", err)
	}
	noted, err := s.db.Exec(ctx, `
		UPDATE passkeys SET record = $2, sign_count = $3, last_used_at = $4
		WHERE credential_id = $1 AND (sign_count < $3 OR (sign_count = 0 AND $3 = 0))`,
		c.ID, record, int64(c.Authenticator.SignCount), time.Now())
	if err != nil {
		return fmt.Errorf("note the use of a passkey: %w", err)
	}
	if noted.RowsAffected() == 0 {
		return ErrCopied
	}
	return nil
}

// refused says why, for who reads the log.
func refused(err error) error {
	if e, ok := errors.AsType[*protocol.Error](err); ok && e.DevInfo != "" {
		err = fmt.Errorf("%w (%s)", err, e.DevInfo)
	}
	return fmt.Errorf("%w: %w", ErrRefused, err)
}
