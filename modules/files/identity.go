package files

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway/blob"
)

// An identity says which store and which database belong together: both hold the same random
// id. A volume that is not mounted, and the store of another environment, have another one or
// none; everything would seem lost, or unwanted.
type identity struct{ row, object string }

// identityKey is that of the object that holds the store's id.
const identityKey = "store"

const maxIdentity = 64 // bytes

// apart tells why nothing may be changed; "" if the store and the rows belong together. It
// writes the identity down where nothing speaks against it, and for an operator who adopts
// the store.
func (s *service) apart(ctx context.Context, rules reconciling) (string, error) {
	if rules.adopt {
		return "", s.adopt(ctx)
	}
	id, err := s.identity(ctx)
	if err != nil || id.together() {
		return "", err
	}
	meet, err := s.mayMeet(ctx, id)
	switch {
	case err != nil:
		return "", err
	case !meet:
		return id.words(), nil
	case rules.dry:
		return "", nil
	}
	return "", s.meet(ctx)
}

// identify writes the identity down as soon as there is a store and a database. That they do
// not belong together is said by the reconciler.
func (s *service) identify(ctx context.Context) error {
	_, err := s.apart(ctx, reconciling{})
	return err
}

func (i identity) together() bool { return i.row != "" && i.row == i.object }

func (i identity) words() string {
	named := func(id string) string {
		if id == "" {
			return "none"
		}
		return id
	}
	return fmt.Sprintf("the store and the database do not belong together: the store has the identity %s, and the database %s. See that BLOB_DIR is mounted, or that S3_URL is that of this database; "+
		"if both are the right ones, such as after a backup was restored, run files reconcile --adopt", named(i.object), named(i.row))
}

// identity returns that of either side.
func (s *service) identity(ctx context.Context) (i identity, err error) {
	err = s.ledger.db.QueryRow(ctx, `SELECT id::text FROM identity`).Scan(&i.row)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return i, fmt.Errorf("read the identity of the database: %w", err)
	}
	in, err := s.store.Open(ctx, identityKey)
	if errors.Is(err, blob.ErrNotFound) {
		return i, nil
	}
	if err != nil {
		return i, fmt.Errorf("read the identity of the store: %w", err)
	}
	defer func() { _ = in.Close() }() // it was only read
	text, err := io.ReadAll(io.LimitReader(in, maxIdentity))
	if err != nil {
		return i, fmt.Errorf("read the identity of the store: %w", err)
	}
	i.object = string(text)
	return i, nil
}

// mayMeet reports whether a store and a database become each other's: both are new, or
// neither has an identity and the store has a content of this database, whose id nobody else
// gives.
func (s *service) mayMeet(ctx context.Context, i identity) (bool, error) {
	oldest, err := idsOf(ctx, s.ledger.db, `SELECT id FROM contents WHERE state = 'kept' ORDER BY id LIMIT 1`)
	if err != nil {
		return false, fmt.Errorf("look for the oldest content: %w", err)
	}
	if len(oldest) == 0 {
		return s.isEmpty(ctx)
	}
	if i != (identity{}) {
		return false, nil
	}
	_, err = s.store.Stat(ctx, contentKey(oldest[0]))
	if errors.Is(err, blob.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look for the oldest content: %w", err)
	}
	return true, nil
}

// isEmpty reports a store that has no content.
func (s *service) isEmpty(ctx context.Context) (bool, error) {
	for _, err := range s.store.List(ctx, contents+"/", "") {
		if err != nil {
			return false, fmt.Errorf("look whether the store is empty: %w", err)
		}
		return false, nil
	}
	return true, nil
}

// meet gives both the same id: that of the row, which the first process writes.
func (s *service) meet(ctx context.Context) error {
	return s.name(ctx, `INSERT INTO identity (id) VALUES ($1) ON CONFLICT (one) DO UPDATE SET id = identity.id RETURNING id::text`)
}

// adopt gives both a new id.
func (s *service) adopt(ctx context.Context) error {
	return s.name(ctx, `INSERT INTO identity (id) VALUES ($1) ON CONFLICT (one) DO UPDATE SET id = excluded.id RETURNING id::text`)
}

func (s *service) name(ctx context.Context, sql string) error {
	var id string
	if err := s.ledger.db.QueryRow(ctx, sql, uuid.New()).Scan(&id); err != nil {
		return fmt.Errorf("write the identity of the database: %w", err)
	}
	if _, err := s.store.Put(ctx, identityKey, strings.NewReader(id), maxIdentity); err != nil {
		return fmt.Errorf("write the identity of the store: %w", err)
	}
	return nil
}
