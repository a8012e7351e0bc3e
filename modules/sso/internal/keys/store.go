package keys

import (
	"context"
	"fmt"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway/postgres"
)

type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

func load(ctx context.Context, q querier) ([]key, error) {
	rows, err := q.Query(ctx, `SELECT id, algorithm, state, public_key, sealed, created_at, activated_at, retired_at FROM signing_keys ORDER BY created_at, algorithm COLLATE "C", id`)
	if err != nil {
		return nil, fmt.Errorf("load signing keys: %w", err)
	}
	keys, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (key, error) {
		var k key
		err := row.Scan(&k.id, (*string)(&k.algorithm), (*string)(&k.state), &k.public, &k.sealed, &k.createdAt, &k.activatedAt, &k.retiredAt)
		return k, err
	})
	if err != nil {
		return nil, fmt.Errorf("load signing keys: %w", err)
	}
	return keys, nil
}

func (r *Ring) apply(ctx context.Context, tx postgres.Tx, p plan, now time.Time) error {
	// In this order, since there is one active key and one next at any time.
	steps := []struct {
		sql  string
		args []any
	}{
		{`DELETE FROM signing_keys WHERE id = ANY($1)`, []any{p.drop}},
		{`UPDATE signing_keys SET state = 'retired', retired_at = $2, sealed = NULL WHERE id = ANY($1)`, []any{p.retire, now}},
		{`UPDATE signing_keys SET state = 'active', activated_at = $2 WHERE id = $1`, []any{p.activate, now}},
	}
	for _, s := range steps {
		if _, err := tx.Exec(ctx, s.sql, s.args...); err != nil {
			return err
		}
	}
	for i := range p.create {
		if err := r.insert(ctx, tx, p.algorithm, p.fresh && i == 0, now); err != nil {
			return err
		}
	}
	return nil
}

func (r *Ring) insert(ctx context.Context, tx postgres.Tx, algorithm jose.SignatureAlgorithm, signs bool, now time.Time) error {
	k, err := newKey(r.sealer, algorithm, now)
	if err != nil {
		return err
	}
	if signs {
		k.state, k.activatedAt = active, &now
	}
	_, err = tx.Exec(ctx, `INSERT INTO signing_keys (id, algorithm, state, public_key, sealed, created_at, activated_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		k.id, string(k.algorithm), string(k.state), k.public, k.sealed, k.createdAt, k.activatedAt)
	return err
}
