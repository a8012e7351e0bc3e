package ladder

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/slipway-go/slipway/postgres"
)

// preparing stands before a statement that is only planned.
const preparing = "PREPARE slipway_ladder AS "

// errDone rolls back.
var errDone = errors.New("done")

// Prepare lets the server plan each statement of the release, as its file had them, on
// the schema of db. It
// returns a finding for each that it refuses: the release would fail during a
// deployment. Nothing is run, and nothing stays.
func Prepare(ctx context.Context, db *postgres.DB, file string, release Release) ([]Finding, error) {
	var all []Finding
	err := db.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error {
		all = nil // it may be the second attempt
		for _, s := range sorted(release.Statements) {
			err := attempt(ctx, tx, preparing+s+"; DEALLOCATE slipway_ladder")
			if said, ok := errors.AsType[*pgconn.PgError](err); ok && !postgres.IsUnavailable(err) {
				all = append(all, outlived(file, release.Tag, s, said))
			} else if err != nil {
				return fmt.Errorf("prepare %s: %w", quote(s), err)
			}
		}
		return errDone
	})
	if !errors.Is(err, errDone) {
		return nil, fmt.Errorf("prepare the statements of %s: %w", release.Tag, err)
	}
	return all, nil
}

func outlived(file, release, statement string, said *pgconn.PgError) Finding {
	problem := "of " + release + " is refused by the new schema: " + said.Message + " (SQLSTATE " + said.Code + ")"
	if said.Hint != "" {
		problem += "; " + said.Hint
	}
	if at := position(statement, said); at > 0 {
		problem += fmt.Sprintf(", at character %d: %s", at, around(statement, at))
	}
	return Finding{
		File: file, Object: quote(statement), Problem: problem,
		Remedy: "both releases use the schema while one replaces the other: keep what " + release +
			" needs in this release (expand) and take it away in the next (contract)",
	}
}

// position is where in the statement, counted from 1, the server stumbled; 0 if it did not say.
func position(statement string, said *pgconn.PgError) int {
	before := len([]rune(savepoint + preparing))
	at := int(said.Position) - before
	if at < 1 || at > len([]rune(statement)) {
		return 0
	}
	return at
}

// around shows the place, counted from 1.
func around(statement string, at int) string {
	const shown = 30
	runes := []rune(statement)[at-1:]
	if len(runes) > shown {
		return strings.TrimSpace(string(runes[:shown])) + " …"
	}
	return string(runes)
}
