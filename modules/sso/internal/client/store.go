package client

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway/modules/sso/internal/grant"
	"github.com/slipway-go/slipway/postgres"
)

// Why a client is not changed.
var (
	ErrTaken   = errors.New("the id belongs to another client: choose another")
	ErrBurnt   = errors.New("a client of this id was revoked: choose another id, since tokens of that one may be around")
	ErrUnknown = errors.New("there is no such client, or it was revoked")
	ErrPublic  = errors.New("the client is public and has no secret")
)

// A Store keeps clients. It is safe for concurrent use.
type Store struct{ db *postgres.DB }

// NewStore returns a store over the table clients.
func NewStore(db *postgres.DB) *Store { return &Store{db} }

var _ grant.Clients = (*Store)(nil)

// Client implements grant.Clients.
func (s *Store) Client(ctx context.Context, id string) (grant.Client, bool, error) {
	if !idPattern.MatchString(id) {
		return grant.Client{}, false, nil // the database would take some for a fault
	}
	found, err := s.query(ctx, `id = $1`, id)
	if err != nil || len(found) == 0 {
		return grant.Client{}, false, err
	}
	return found[0].Client, true, nil
}

// List returns the clients that were not revoked, by name.
func (s *Store) List(ctx context.Context) ([]Client, error) { return s.query(ctx, `true`) }

func (s *Store) query(ctx context.Context, where string, args ...any) ([]Client, error) {
	rows, err := s.db.Query(ctx, `
		SELECT id, name, public, secret_hashes, redirect_uris, post_logout_redirect_uris, grants, scopes, algorithm, created_at
		FROM clients WHERE revoked_at IS NULL AND `+where+` ORDER BY id`, args...)
	if err != nil {
		return nil, fmt.Errorf("look up clients: %w", err)
	}
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Client, error) {
		var c Client
		var hashes [][]byte
		err := row.Scan(&c.ID, &c.Name, &c.Public, &hashes, &c.RedirectURIs, &c.PostLogoutRedirectURIs, &c.Grants, &c.Scopes, &c.Algorithm, &c.CreatedAt)
		c.Client = c.WithHashes(hashes...)
		return c, err
	})
	if err != nil {
		return nil, fmt.Errorf("look up clients: %w", err)
	}
	return found, nil
}

// Create registers a client that [Check] finds right and returns it with its secret,
// which is shown this once; "" for a public one.
func (s *Store) Create(ctx context.Context, c grant.Client) (Client, string, error) {
	var secret string
	hashes := [][]byte{}
	if !c.Public {
		var hash []byte
		secret, hash = NewSecret()
		hashes = append(hashes, hash)
	}
	created := Client{Client: c.WithHashes(hashes...), CreatedAt: time.Now()}
	_, err := s.db.Exec(ctx, `
		INSERT INTO clients (id, name, public, secret_hashes, redirect_uris, post_logout_redirect_uris, grants, scopes, algorithm, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		c.ID, c.Name, c.Public, hashes, notNil(c.RedirectURIs), notNil(c.PostLogoutRedirectURIs), notNil(c.Grants), notNil(c.Scopes), c.Algorithm, created.CreatedAt)
	if postgres.IsUniqueViolation(err, "clients_pkey") {
		return Client{}, "", s.whyTaken(ctx, c.ID)
	}
	if err != nil {
		return Client{}, "", fmt.Errorf("register client %s: %w", c.ID, err)
	}
	return created, secret, nil
}

// whyTaken tells an id that is in use from one that was.
func (s *Store) whyTaken(ctx context.Context, id string) error {
	_, lives, err := s.Client(ctx, id)
	switch {
	case err != nil:
		return err
	case lives:
		return ErrTaken
	}
	return ErrBurnt
}

// notNil is for columns that are not null.
func notNil(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// Rotate returns a new secret, which is shown this once. The newest of those before
// stays good until the next rotation, unless it is to be retired at once.
func (s *Store) Rotate(ctx context.Context, id string, retire bool) (string, error) {
	secret, hash := NewSecret()
	var public bool
	err := s.db.QueryRow(ctx, `
		UPDATE clients SET secret_hashes = CASE
			WHEN public THEN secret_hashes
			WHEN $3 THEN ARRAY[$2::bytea]
			ELSE ARRAY[$2::bytea] || secret_hashes[1:1] END
		WHERE id = $1 AND revoked_at IS NULL RETURNING public`, id, hash, retire).Scan(&public)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return "", ErrUnknown
	case err != nil:
		return "", fmt.Errorf("rotate the secret of client %s: %w", id, err)
	case public:
		return "", ErrPublic
	}
	return secret, nil
}

// Revoke has the client never be found again.
func (s *Store) Revoke(ctx context.Context, q postgres.Querier, id string) error {
	tag, err := q.Exec(ctx, `UPDATE clients SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL`, id, time.Now())
	if err != nil {
		return fmt.Errorf("revoke client %s: %w", id, err)
	}
	if tag.RowsAffected() == 0 {
		return ErrUnknown
	}
	return nil
}
