// Package revocation keeps what module sso no longer stands by although it has not
// expired, and tells it to every process that asks.
//
// A process reads on from where it was. Its position is not the last row that it saw:
// a transaction that began before that row's may commit after it, and its row would be
// missed for ever. The position is the oldest transaction that was under way at the
// time of reading; what came after it is told again, which does no harm.
package revocation

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/postgres"
)

// A Store keeps revocations. It is safe for concurrent use.
type Store struct {
	db *postgres.DB
	// atOnce bounds a page.
	atOnce int
}

// NewStore returns a store over the table revocations.
func NewStore(db *postgres.DB) *Store { return &Store{db: db, atOnce: 1000} }

const (
	// longestLife is how long an access token may live at most (the setting's bound).
	longestLife = time.Hour
	// clocks may differ by so much.
	clocks = 2 * time.Minute
)

// Until is when a token that is issued now has expired for sure.
func Until(now time.Time) time.Time { return now.Add(longestLife + clocks) }

// Once ends a statement that inserts revocations: what was taken back altogether cannot
// be taken back once more.
const Once = ` ON CONFLICT (key) WHERE before IS NULL DO NOTHING`

// Revoke takes back what was issued under the key before a time, which is zero for
// everything: of a client that gets a new secret, what it got until now. Pass the
// transaction that makes it true.
func Revoke(ctx context.Context, q postgres.Querier, key auth.RevocationKey, before time.Time) error {
	return insert(ctx, q, key, before, Until(time.Now()))
}

// RevokeToken takes one access token back, for as long as it would have lived.
func RevokeToken(ctx context.Context, q postgres.Querier, id string, expires time.Time) error {
	return insert(ctx, q, auth.TokenKey(id), time.Time{}, expires.Add(clocks))
}

func insert(ctx context.Context, q postgres.Querier, key auth.RevocationKey, before, until time.Time) error {
	_, err := q.Exec(ctx, `INSERT INTO revocations (key, before, until) VALUES ($1, $2, $3)`+Once, key[:], unlessZero(before), until)
	if err != nil {
		return fmt.Errorf("revoke tokens: %w", err)
	}
	return nil
}

func unlessZero(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// After returns what was revoked since the cursor, which is "" for the start. The
// error of a cursor that is none is [ErrCursor].
func (s *Store) After(ctx context.Context, cursor string) (auth.RevocationPage, error) {
	from, err := parse(cursor)
	if err != nil {
		return auth.RevocationPage{}, err
	}
	rows, err := s.db.Query(ctx, after, from.xid, from.key, time.Now(), s.atOnce)
	if err != nil {
		return auth.RevocationPage{}, fmt.Errorf("read the revocations: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[row])
	if err != nil {
		return auth.RevocationPage{}, fmt.Errorf("read the revocations: %w", err)
	}
	return s.page(from, found), nil
}

// after is one statement, so that the rows and what is under way are of one moment. A
// position from the future is that of a database which has been restored since: all
// is told again. The row of nothing brings the moment where there are no others.
const after = `
	SELECT pg_snapshot_xmin(pg_current_snapshot())::text, r.xid::text, r.key, r.before, r.until
	FROM (VALUES (1)) one LEFT JOIN LATERAL (
		SELECT xid, key, before, until FROM revocations
		WHERE until > $3 AND (xid, key) > (
			CASE WHEN $1::text::xid8 > pg_snapshot_xmax(pg_current_snapshot()) THEN '0' ELSE $1::text::xid8 END, $2::bytea)
		ORDER BY xid, key FETCH FIRST $4 ROWS WITH TIES
	) r ON true`

type row struct {
	Oldest string // transaction under way
	Xid    *string
	Key    []byte
	Before *time.Time
	Until  *time.Time
}

func (s *Store) page(from position, found []row) auth.RevocationPage {
	begun := from.begun
	if begun == "" {
		begun = found[0].Oldest
	}
	p := auth.RevocationPage{Cursor: begun, Revoked: []auth.Revocation{}}
	for _, r := range found {
		if r.Xid != nil {
			p.Revoked = append(p.Revoked, r.revocation())
		}
	}
	if p.More = len(p.Revoked) >= s.atOnce; p.More {
		last := found[len(found)-1]
		p.Cursor = position{begun: begun, xid: *last.Xid, key: last.Key}.String()
	}
	return p
}

func (r row) revocation() auth.Revocation {
	one := auth.Revocation{Key: auth.RevocationKey(r.Key), Until: r.Until.UTC()}
	if r.Before != nil {
		one.Before = r.Before.UTC()
	}
	return one
}

// Sweep deletes what has no token to revoke any more.
func (s *Store) Sweep(ctx context.Context) error {
	if _, err := s.db.Exec(ctx, `DELETE FROM revocations WHERE until < $1`, time.Now()); err != nil {
		return fmt.Errorf("sweep revocations: %w", err)
	}
	return nil
}
