package testdb

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// ours are the names of databases that tests make: templates and clones, and those
// with a [UniqueName].
var ours = regexp.MustCompile(`^` + Prefix + `[a-z0-9_]+_([0-9a-f]{16}(_[0-9]+)?|[a-z2-7]{12}(_[a-z0-9_]+)?)$`)

// mustBeOurs refuses a name that no test gives, before anything happens to the
// database of that name.
func mustBeOurs(name string) error {
	if !ours.MatchString(name) {
		return fmt.Errorf("%q is not the name of a test's database: expected one that UniqueName returns, perhaps with _ and more lower-case letters, digits or underscores", name)
	}
	return nil
}

// old is when a template or a free clone is dropped by whoever comes next; by then
// its migrations have changed, or nobody tests.
const old = 3 * 24 * time.Hour

// sweep drops what earlier processes have left and nobody wants: half-built and old
// templates, clones and databases of killed processes, and kept ones whose time
// is over. It touches nothing whose name is not of a test's, nothing that is another
// account's, and nothing that a living process holds.
func (a *admin) sweep(ctx context.Context) error {
	const list = `SELECT datname, coalesce(shobj_description(oid, 'pg_database'), '') FROM pg_database
		WHERE datname LIKE $1 AND pg_get_userbyid(datdba) = current_user ORDER BY datname`
	rows, err := a.conn.Query(ctx, list, strings.ReplaceAll(Prefix, "_", `\_`)+"%")
	if err != nil {
		return fmt.Errorf("list the databases of earlier tests: %w", err)
	}
	left, err := pgx.CollectRows(rows, pgx.RowToStructByPos[struct{ Name, Note string }])
	if err != nil {
		return fmt.Errorf("list the databases of earlier tests: %w", err)
	}
	for _, d := range left {
		if !ours.MatchString(d.Name) || !outlived(d.Note, time.Now()) {
			continue
		}
		if err := a.sweepOne(ctx, d.Name); err != nil {
			return err
		}
	}
	return nil
}

// sweepOne drops the database if nobody holds it, and if it still is what it was:
// it may have been taken and given back meanwhile.
func (a *admin) sweepOne(ctx context.Context, name string) error {
	mine, err := a.lock(ctx, name)
	if err != nil || !mine {
		return err
	}
	note, exists, err := a.noteOf(ctx, name)
	if err != nil || !exists || !outlived(note, time.Now()) {
		return errors.Join(err, a.unlock(ctx, name))
	}
	return a.drop(ctx, name)
}

// outlived reports whether a database that nobody holds should go.
func outlived(note string, now time.Time) bool {
	for prefix, after := range map[string]struct {
		layout string
		life   time.Duration
	}{
		noteTemplate: {time.DateOnly, old},
		noteFree:     {time.RFC3339, old},
		noteKept:     {time.RFC3339, 0},
	} {
		if date, ok := strings.CutPrefix(note, prefix); ok {
			at, err := time.Parse(after.layout, date)
			return err != nil || now.Sub(at) > after.life
		}
	}
	return true
}
