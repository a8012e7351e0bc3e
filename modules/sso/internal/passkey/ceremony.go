package passkey

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// CeremonyLife is how long the user may look for the authenticator.
const CeremonyLife = 5 * time.Minute

// keep notes what has begun, for the user or for nobody yet, and returns the
// ceremony's id. Only its hash is kept, as of every secret that lets one go on.
func (s *Store) keep(ctx context.Context, user *uuid.UUID, begun *webauthn.SessionData) (string, error) {
	state, err := json.Marshal(begun)
	if err != nil {
		return "", fmt.Errorf("begin a passkey ceremony: %w", err)
	}
	id := rand.Text()
	_, err = s.db.Exec(ctx, `INSERT INTO passkey_ceremonies (hash, user_id, state, expires_at) VALUES ($1, $2, $3, $4)`,
		digest(id), user, state, time.Now().Add(CeremonyLife))
	if err != nil {
		return "", fmt.Errorf("begin a passkey ceremony: %w", err)
	}
	return id, nil
}

// take returns what has begun and takes it away: of many who come with one id, one
// gets it.
func (s *Store) take(ctx context.Context, user *uuid.UUID, id string) (webauthn.SessionData, error) {
	var begun webauthn.SessionData
	err := s.db.QueryRow(ctx, `
		DELETE FROM passkey_ceremonies WHERE hash = $1 AND user_id IS NOT DISTINCT FROM $2 AND expires_at > $3 RETURNING state`,
		digest(id), user, time.Now()).Scan(&begun)
	if errors.Is(err, pgx.ErrNoRows) {
		return begun, ErrCeremony
	}
	if err != nil {
		return begun, fmt.Errorf("finish a passkey ceremony: %w", err)
	}
	return begun, nil
}

// Sweep deletes ceremonies that nobody finished.
func (s *Store) Sweep(ctx context.Context) error {
	if _, err := s.db.Exec(ctx, `DELETE FROM passkey_ceremonies WHERE expires_at < $1`, time.Now()); err != nil {
		return fmt.Errorf("sweep passkey ceremonies: %w", err)
	}
	return nil
}

func digest(id string) []byte {
	sum := sha256.Sum256([]byte(id))
	return sum[:]
}
