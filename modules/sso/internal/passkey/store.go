package passkey

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway/postgres"
)

// Why a passkey is not added or not believed.
var (
	ErrCeremony = errors.New("the ceremony is not known: it was finished before, began too long ago or is somebody else's")
	ErrRefused  = errors.New("the authenticator's answer was refused")
	ErrCopied   = errors.New("the authenticator's count of signatures has not grown: it may have been copied")
	ErrTaken    = errors.New("the passkey was added before")
	ErrFull     = fmt.Errorf("the account has %d passkeys already", MaxPerUser)
	ErrNobody   = errors.New("there is no such account")
)

// MaxPerUser is how many passkeys an account has at most.
const MaxPerUser = 20

// Config says whose passkeys they are.
type Config struct {
	// Domain is the relying party's id: passkeys work on it and below it. They are lost
	// when it changes.
	Domain string
	// Name is what authenticators call the product. Default: the domain.
	Name string
	// Origins are those whose pages and apps may use the passkeys, such as
	// https://shop.example or android:apk-key-hash:….
	Origins []string
}

// ValidDomain tells whether passkeys can belong to the host: not those of an address
// nor of a single word, but for localhost.
func ValidDomain(host string) bool { return protocol.ValidateRPID(host) == nil }

// ValidOrigin tells whether pages or apps can come from there.
func ValidOrigin(s string) bool {
	if protocol.IsOpaqueOrigin(s) {
		return protocol.IsKnownOpaqueOrigin(s)
	}
	u, err := url.Parse(s)
	return err == nil && s == u.Scheme+"://"+u.Host
}

// A Store keeps passkeys. It is safe for concurrent use.
type Store struct {
	db     *postgres.DB
	domain string
	web    *webauthn.WebAuthn
}

// NewStore returns a store over the tables passkeys and passkey_ceremonies.
func NewStore(db *postgres.DB, cfg Config) (*Store, error) {
	settings := &webauthn.Config{
		RPID: cfg.Domain, RPDisplayName: cmp.Or(cfg.Name, cfg.Domain),
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, RequireResidentKey: protocol.ResidentKeyRequired(),
			UserVerification: protocol.VerificationRequired,
		},
		Timeouts: webauthn.TimeoutsConfig{Login: timeout(), Registration: timeout()},
	}
	for _, o := range cfg.Origins {
		if protocol.IsOpaqueOrigin(o) {
			settings.RPOpaqueOrigins = append(settings.RPOpaqueOrigins, o)
		} else {
			settings.RPOrigins = append(settings.RPOrigins, o)
		}
	}
	web, err := webauthn.New(settings)
	if err != nil {
		return nil, fmt.Errorf("passkeys of %s: %w", cfg.Domain, err)
	}
	return &Store{db: db, domain: cfg.Domain, web: web}, nil
}

func timeout() webauthn.TimeoutConfig {
	return webauthn.TimeoutConfig{Enforce: true, Timeout: CeremonyLife, TimeoutUVD: CeremonyLife}
}

// A Passkey is one of a user's.
type Passkey struct {
	ID         uuid.UUID
	User       uuid.UUID
	Name       string // that the user gave it
	CreatedAt  time.Time
	LastUsedAt *time.Time // nil for never
	BackedUp   bool       // whether it lives on more than the one device
}

const columns = `id, user_id, name, created_at, last_used_at, coalesce((record->'flags'->>'backupState')::boolean, false)`

func scan(row pgx.CollectableRow) (Passkey, error) {
	var p Passkey
	err := row.Scan(&p.ID, &p.User, &p.Name, &p.CreatedAt, &p.LastUsedAt, &p.BackedUp)
	return p, err
}

// OfUser returns the user's passkeys, the oldest first.
func (s *Store) OfUser(ctx context.Context, user uuid.UUID) ([]Passkey, error) {
	return s.query(ctx, `user_id = $1`, user)
}

// Find returns a passkey, or false when there is none.
func (s *Store) Find(ctx context.Context, id uuid.UUID) (Passkey, bool, error) {
	found, err := s.query(ctx, `id = $1`, id)
	if err != nil || len(found) == 0 {
		return Passkey{}, false, err
	}
	return found[0], true, nil
}

func (s *Store) query(ctx context.Context, where string, arg any) ([]Passkey, error) {
	rows, err := s.db.Query(ctx, `SELECT `+columns+` FROM passkeys WHERE `+where+` ORDER BY created_at, id`, arg)
	if err != nil {
		return nil, fmt.Errorf("look up passkeys: %w", err)
	}
	found, err := pgx.CollectRows(rows, scan)
	if err != nil {
		return nil, fmt.Errorf("look up passkeys: %w", err)
	}
	return found, nil
}

// Delete deletes a passkey.
func (s *Store) Delete(ctx context.Context, q postgres.Querier, id uuid.UUID) error {
	if _, err := q.Exec(ctx, `DELETE FROM passkeys WHERE id = $1`, id); err != nil {
		return fmt.Errorf("delete passkey %s: %w", id, err)
	}
	return nil
}
