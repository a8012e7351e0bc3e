package files

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway/modules/files/filesapi"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/problem"
)

// A ledger holds what is known of all files, in the database.
type ledger struct{ db *postgres.DB }

// errNoFile is the same for a file that is none and for one that is another's.
func errNoFile(id uuid.UUID) *problem.Error {
	return problem.NotFound("there is no file %s, or it is not yours", id)
}

// find returns a file's record, or errNoFile.
func (l ledger) find(ctx context.Context, db postgres.Querier, id uuid.UUID) (record, error) {
	return one(ctx, db, `SELECT `+recordColumns+fromFiles+`WHERE f.id = $1`, id)
}

// lock is find, and nobody else changes the file until the transaction ends.
//
// All transactions lock in one order, so that two never wait for each other: a file; the bytes
// of a content (lockBytes), without which no further file gets it; other files of the content,
// in the order of their ids; the content; the accounts of files (see [record.accounts]).
func (l ledger) lock(ctx context.Context, tx postgres.Tx, id uuid.UUID) (record, error) {
	return one(ctx, tx, `SELECT `+recordColumns+fromFiles+`WHERE f.id = $1 FOR UPDATE OF f`, id)
}

func one(ctx context.Context, db postgres.Querier, sql string, id uuid.UUID) (record, error) {
	rows, err := db.Query(ctx, sql, id)
	if err != nil {
		return record{}, fmt.Errorf("load file %s: %w", id, err)
	}
	r, err := pgx.CollectExactlyOneRow(rows, scanRecord)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return record{}, errNoFile(id)
	case err != nil:
		return record{}, fmt.Errorf("load file %s: %w", id, err)
	}
	return r, nil
}

// isGone reports a state in which there is no content any more.
func isGone(s filesapi.State) bool {
	return s == filesapi.StateRejected || s == filesapi.StateExpired || s == filesapi.StateDeleted
}
