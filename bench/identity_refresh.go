package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// client is the product's own, whose sessions are refreshed here.
const client = "slipway"

// The statements of a refresh, in their order; a test compares them with those that
// the module's tests have recorded.
const (
	findToken = `
		SELECT s.id, s.user_id, coalesce(s.parent_id, '00000000-0000-0000-0000-000000000000'), s.client_id, s.method, s.scope,
			s.address, s.user_agent, s.auth_time, s.begun_at, coalesce(s.used_at, s.begun_at), s.expires_at,
			s.ended_at IS NOT NULL, r.expires_at, r.used_at, r.answered_at, r.replaced_at, r.contested_at, clock_timestamp(), clock_timestamp() - make_interval(secs => $3)
		FROM refresh_tokens r JOIN sessions s ON s.id = r.session_id
		WHERE r.hash = $1 AND s.client_id = $2`
	consumeToken = `
		UPDATE refresh_tokens SET used_at = clock_timestamp(), answered_at = NULL
		WHERE hash = $1 AND used_at IS NOT DISTINCT FROM $2 AND replaced_at IS NULL
		RETURNING 1`
	insertToken = `
		INSERT INTO refresh_tokens (hash, session_id, parent, expires_at)
		SELECT $1, id, $3, $4 FROM sessions WHERE id = $2 AND ended_at IS NULL`
	noteAnswer  = `UPDATE refresh_tokens SET answered_at = clock_timestamp() WHERE hash = $1`
	permissions = `
		SELECT u.disabled_at IS NULL, coalesce(r.role, ''), coalesce(p.permission, ''), coalesce(p.granted, false)
		FROM users u LEFT JOIN user_roles r ON r.user_id = u.id LEFT JOIN role_permissions p ON p.role = r.role
		WHERE u.id = $1`
)

// raceRefreshes compares refreshes with the same statements on pgx, which do nothing
// else: no request, no rule, no access token to sign.
func raceRefreshes(ctx context.Context, server *store, p *provider, o options, t *table) error {
	address, err := server.Database(ctx, "sso")
	if err != nil {
		return err
	}
	pool, err := openSchema(ctx, address, "sso", o.conns)
	if err != nil {
		return err
	}
	defer pool.Close()
	kits, bares, err := beginChains(ctx, pool, p.user)
	if err != nil {
		return err
	}
	kit := &racer{name: "refreshes", n: refreshes, do: func(ctx context.Context, n int) error {
		return spread(ctx, inFlight, n, func(ctx context.Context, worker int) error {
			return kits.step(worker, func(token string) (string, error) { return p.refresh(ctx, token) })
		})
	}}
	bare := &racer{name: "bare statements", n: refreshes, do: func(ctx context.Context, n int) error {
		return spread(ctx, inFlight, n, func(ctx context.Context, worker int) error {
			return bares.step(worker, func(token string) (string, error) { return bareRefresh(ctx, pool, token) })
		})
	}}
	if err := race(ctx, min(o.rounds, identityRounds), bare, kit); err != nil {
		return err
	}
	t.note("Refreshes of %d sessions at once, over %d connections to a durable PostgreSQL. Each", inFlight, o.conns)
	t.note("answer is held back for 100 ms: waiting and no work, so only many at once show the")
	t.note("cost. Beside them: the same statements by pgx, without request, rules and signature.")
	t.row("refreshes", kit.speed())
	t.atLeast("  beside the same statements on bare pgx", kit.beside(bare), 0.6)
	t.note("(bare %s)", bare.speed())
	return nil
}

const (
	inFlight  = 512
	refreshes = 4096 // of a turn
)

// openSchema returns a pool on one schema of the database.
func openSchema(ctx context.Context, address, schema string, conns int) (*pgxpool.Pool, error) {
	cfg, err := pgxpool.ParseConfig(address)
	if err != nil {
		return nil, err
	}
	cfg.MaxConns = int32(conns) //nolint:gosec // a flag of ours, small
	cfg.ConnConfig.RuntimeParams["search_path"] = schema
	return pgxpool.NewWithConfig(ctx, cfg)
}

// beginChains opens sessions of the user as logins do, without their hashes.
func beginChains(ctx context.Context, pool *pgxpool.Pool, user string) (kits, bares chains, err error) {
	all := make([]string, 2*inFlight)
	batch := &pgx.Batch{}
	for n := range all {
		all[n] = newRefreshToken()
		batch.Queue(`
			WITH s AS (
				INSERT INTO sessions (id, user_id, client_id, method, address, user_agent, auth_time, begun_at, expires_at)
				VALUES ($1, $2, $3, 'password', '127.0.0.1', 'bench', now(), now(), now() + interval '1 day') RETURNING id
			)
			INSERT INTO refresh_tokens (hash, session_id, expires_at) SELECT $4, id, now() + interval '1 day' FROM s`,
			uuid.New(), user, client, digest(all[n]))
	}
	err = pool.SendBatch(ctx, batch).Close()
	return all[:inFlight], all[inFlight:], err
}

func newRefreshToken() string { return "slr_" + rand.Text() + rand.Text() }

func digest(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// bareRefresh does to the database what a refresh does.
func bareRefresh(ctx context.Context, pool *pgxpool.Pool, token string) (next string, err error) {
	var session, user uuid.UUID
	var used *time.Time
	if err := pool.QueryRow(ctx, findToken, digest(token), client, 0.0).Scan(append([]any{&session, &user}, except(18, 12, &used)...)...); err != nil {
		return "", err
	}
	next = newRefreshToken()
	err = pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		var one int
		if err := tx.QueryRow(ctx, consumeToken, digest(token), used).Scan(&one); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, insertToken, digest(next), session, digest(token), time.Now().Add(time.Hour))
		return err
	})
	if err != nil {
		return "", err
	}
	if _, err := pool.Exec(ctx, noteAnswer, digest(token)); err != nil {
		return "", err
	}
	rows, err := pool.Query(ctx, permissions, user)
	if err != nil {
		return "", err
	}
	rows.Close()
	return next, rows.Err()
}

// except returns n destinations that skip their column, but one.
func except(n, at int, destination any) []any {
	all := make([]any, n)
	all[at] = destination
	return all
}
