package sso

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/modules/sso/internal/social"
	"github.com/slipway-go/slipway/modules/sso/ssoapi"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/problem"
)

func (s *service) handleIdentities(m *slipway.Setup) {
	api.Handle(m, ssoapi.ListIdentities, s.listIdentities)
	api.Handle(m, ssoapi.DeleteIdentity, s.deleteIdentity)
}

// identities are the rows of that table.
type identities struct{ db *postgres.DB }

// errLinked says that the identity is another account's.
var errLinked = errors.New("the identity opens an account already")

// link lets the identity open the user's account, and tells whether it did not before.
func (identities) link(ctx context.Context, q postgres.Querier, user uuid.UUID, provider string, who social.Identity) (fresh bool, err error) {
	now := time.Now()
	err = q.QueryRow(ctx, `
		INSERT INTO identities AS i (id, user_id, provider, issuer, subject, email, created_at, last_used_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $7)
		ON CONFLICT (issuer, subject) DO UPDATE SET email = excluded.email, last_used_at = excluded.last_used_at WHERE i.user_id = excluded.user_id
		RETURNING xmax = 0`,
		uuid.New(), user, provider, who.Issuer, who.Subject, who.Email, now).Scan(&fresh)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, errLinked
	}
	if err != nil {
		return false, fmt.Errorf("link an identity: %w", err)
	}
	return fresh, nil
}

// use returns whose account the identity opens, or false when it opens none.
func (identities) use(ctx context.Context, q postgres.Querier, who social.Identity) (uuid.UUID, bool, error) {
	var user uuid.UUID
	err := q.QueryRow(ctx, `UPDATE identities SET email = $3, last_used_at = $4 WHERE issuer = $1 AND subject = $2 RETURNING user_id`,
		who.Issuer, who.Subject, who.Email, time.Now()).Scan(&user)
	if errors.Is(err, pgx.ErrNoRows) {
		return uuid.UUID{}, false, nil
	}
	if err != nil {
		return uuid.UUID{}, false, fmt.Errorf("look up an identity: %w", err)
	}
	return user, true, nil
}

// ofUser returns the user's identities, the oldest first.
func (i identities) ofUser(ctx context.Context, user uuid.UUID) ([]ssoapi.Identity, error) {
	rows, err := i.db.Query(ctx, `SELECT id, provider, email, created_at, last_used_at FROM identities WHERE user_id = $1 ORDER BY created_at, id`, user)
	if err != nil {
		return nil, fmt.Errorf("look up identities: %w", err)
	}
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (ssoapi.Identity, error) {
		var one ssoapi.Identity
		err := row.Scan(&one.ID, &one.Provider, &one.Email, &one.CreatedAt, &one.LastUsedAt)
		return one, err
	})
	if err != nil {
		return nil, fmt.Errorf("look up identities: %w", err)
	}
	return found, nil
}

// owner returns whose the identity is.
func (i identities) owner(ctx context.Context, id uuid.UUID) (uuid.UUID, bool, error) {
	var user uuid.UUID
	err := i.db.QueryRow(ctx, `SELECT user_id FROM identities WHERE id = $1`, id).Scan(&user)
	if errors.Is(err, pgx.ErrNoRows) {
		return uuid.UUID{}, false, nil
	}
	if err != nil {
		return uuid.UUID{}, false, fmt.Errorf("look up identity %s: %w", id, err)
	}
	return user, true, nil
}

func (identities) delete(ctx context.Context, q postgres.Querier, id uuid.UUID) error {
	if _, err := q.Exec(ctx, `DELETE FROM identities WHERE id = $1`, id); err != nil {
		return fmt.Errorf("delete identity %s: %w", id, err)
	}
	return nil
}

func (s *service) listIdentities(ctx context.Context, _ api.Empty) (ssoapi.Identities, error) {
	user, err := person(ctx)
	if err != nil {
		return ssoapi.Identities{}, err
	}
	found, err := s.identities.ofUser(ctx, user)
	return ssoapi.Identities{Identities: found}, err
}

func (s *service) deleteIdentity(ctx context.Context, in ssoapi.IdentityInput) (api.Empty, error) {
	if _, err := person(ctx); err != nil {
		return api.Empty{}, err
	}
	owner, known, err := s.identities.owner(ctx, in.ID)
	if err != nil {
		return api.Empty{}, err
	}
	if !known {
		return api.Empty{}, problem.NotFound("there is no identity %s", in.ID)
	}
	if err := auth.Own(ctx, owner.String()); err != nil {
		return api.Empty{}, err
	}
	return api.Empty{}, s.unlink(ctx, owner, in.ID)
}

// unlink takes an identity from its owner, unless it is the last way in.
func (s *service) unlink(ctx context.Context, owner, id uuid.UUID) error {
	err := s.accounts.keepAWayIn(ctx, owner, func(ctx context.Context, tx postgres.Tx) error {
		if err := s.identities.delete(ctx, tx, id); err != nil {
			return err
		}
		return s.tellOwner(ctx, tx, owner, identityRemoved)
	})
	if err != nil {
		return err
	}
	s.logger.InfoContext(ctx, "identity deleted", "user_id", owner, "identity_id", id)
	return nil
}
