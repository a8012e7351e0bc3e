package ladder

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway/postgres"
)

// Migrations are those of a module.
type Migrations struct {
	// Kit and Module hold SQL files at their root, as [postgres.DB.Up] takes them.
	// Either may be nil.
	Kit, Module fs.FS
	// Rows gives, by table, INSERT statements of the newest schema for tables whose
	// rows nobody can guess. A table without an entry gets rows made from the catalog.
	Rows map[string][]string
}

// Climb takes the migrations up and down in the schema of db, which must be empty
// and a test's own, since it is dropped and made again.
func Climb(ctx context.Context, db *postgres.DB, m Migrations) (Report, error) {
	if err := refuseUsed(ctx, db); err != nil {
		return Report{}, err
	}
	c := &climber{db: db, migrations: m, rows: newFiller(db, m.Rows)}
	err := db.Stepwise(ctx, m.Kit, m.Module, func(s *postgres.Steps) error {
		c.steps = s
		return c.climb(ctx)
	})
	if err != nil {
		return Report{}, fmt.Errorf("climb the migrations: %w", err)
	}
	return c.report, nil
}

// refuseUsed guards the data of whoever gave the wrong database.
func refuseUsed(ctx context.Context, db *postgres.DB) error {
	const query = `SELECT pg_describe_object(d.classid, d.objid, 0) FROM pg_depend d
		JOIN pg_namespace n ON d.refclassid = 'pg_namespace'::regclass AND d.refobjid = n.oid
		WHERE n.nspname = $1 ORDER BY d.objid DESC LIMIT 1`
	var found string
	err := db.QueryRow(ctx, query, db.Schema()).Scan(&found)
	switch {
	case err == nil:
		return fmt.Errorf("schema %s holds %s: the ladder drops what it meets, so give it an empty schema of a scratch database", db.Schema(), found)
	case errors.Is(err, pgx.ErrNoRows):
		return nil
	}
	return fmt.Errorf("look into schema %s: %w", db.Schema(), err)
}

// climber is one run of Climb.
type climber struct {
	db         *postgres.DB
	steps      *postgres.Steps
	migrations Migrations
	rows       *filler
	files      []file
	states     []snapshot // states[i] is the schema with i migrations
	report     Report
}

func (c *climber) climb(ctx context.Context) error {
	for _, step := range c.steps.All() {
		f, err := c.migrations.read(step)
		if err != nil {
			return err
		}
		c.files = append(c.files, f)
		c.report.Files = append(c.report.Files, f.name)
	}
	if len(c.files) == 0 {
		return nil
	}
	if ok, err := c.rehearse(ctx); err != nil || !ok {
		return err
	}
	for i := range c.files {
		if err := c.step(ctx, i); err != nil {
			return fmt.Errorf("%s: %w", c.files[i].name, err)
		}
	}
	if err := c.whole(ctx); err != nil {
		return err
	}
	c.report.Notes = append(c.report.Notes, c.rows.notes()...)
	return nil
}

// rehearse goes up without rows, which must always work, and learns at the top
// which rows the schema will accept in the end. Older schemas often accept more,
// and rows of those would be refused on the way up.
func (c *climber) rehearse(ctx context.Context) (ok bool, err error) {
	for _, f := range c.files {
		if err := c.steps.Up(ctx, f.step); err != nil {
			return false, c.fails(ctx, err, Finding{File: f.name, Problem: "fails to go up", Remedy: "mend its Up"})
		}
	}
	if err := c.rows.learn(ctx, len(c.files)); err != nil {
		return false, err
	}
	c.report.find(c.rows.wrong...)
	return true, c.rebuild(ctx, 0)
}

// fails makes a finding of what the server said about a migration. An error stays
// one where the server could not be asked.
func (c *climber) fails(ctx context.Context, err error, f Finding) error {
	if ctx.Err() != nil || postgres.IsUnavailable(err) {
		return err
	}
	f.Problem += ": " + err.Error()
	c.report.find(f)
	return nil
}

// rebuild makes the schema anew, with the first n migrations and no rows of ours.
func (c *climber) rebuild(ctx context.Context, n int) error {
	schema := c.db.Schema() // has a name that needs no quotes, but may be a word of SQL
	if _, err := c.db.Exec(ctx, fmt.Sprintf("DROP SCHEMA IF EXISTS %q CASCADE; CREATE SCHEMA %q", schema, schema)); err != nil {
		return fmt.Errorf("make schema %s anew: %w", schema, err)
	}
	for _, f := range c.files[:n] {
		if err := c.steps.Up(ctx, f.step); err != nil {
			return fmt.Errorf("make schema %s anew: %s: %w", schema, f.name, err)
		}
	}
	return nil
}

// step climbs from i migrations to i+1, where it stays.
func (c *climber) step(ctx context.Context, i int) error {
	f := c.files[i]
	before, err := c.state(ctx, i)
	if err != nil {
		return err
	}
	if err := c.rows.fill(ctx, i, nil); err != nil {
		return err
	}
	wasUp, err := c.upWithRows(ctx, i)
	if err != nil {
		return err
	}
	after, err := c.state(ctx, i+1)
	if err != nil {
		return err
	}
	made := diff(before, after)
	if !f.goesDown() {
		c.report.withoutDown(f, made)
		return nil
	}
	wasDown, err := c.downWithRows(ctx, i, made)
	switch {
	case err != nil:
		return err
	case wasUp && wasDown:
		return c.upAgain(ctx, i)
	}
	return c.rebuild(ctx, i+1) // one more Up would only stumble over the same
}

// state is the schema with i migrations, looked at when it is first asked for.
func (c *climber) state(ctx context.Context, i int) (snapshot, error) {
	if i < len(c.states) {
		return c.states[i], nil
	}
	s, err := take(ctx, c.db)
	if err == nil {
		c.states = append(c.states, s)
	}
	return s, err
}

// upWithRows takes one up past rows in all tables, or else without.
func (c *climber) upWithRows(ctx context.Context, i int) (ok bool, err error) {
	f := c.files[i]
	if err = c.steps.Up(ctx, f.step); err == nil {
		return true, nil
	}
	err = c.fails(ctx, err, Finding{
		File: f.name, Problem: "goes up while tables are empty, but fails when they have rows",
		Remedy: "let its Up mend the rows first (UPDATE, a DEFAULT); if no such row can exist, give one that does in Rows",
	})
	if err != nil {
		return false, err
	}
	return false, c.rebuild(ctx, i+1)
}

// downWithRows takes one down past rows in all tables.
func (c *climber) downWithRows(ctx context.Context, i int, made []change) (ok bool, err error) {
	if err := c.rows.fill(ctx, i+1, touched(made)); err != nil {
		return false, err
	}
	f := c.files[i]
	if err := c.steps.Down(ctx, f.step); err != nil {
		return false, c.failsDown(ctx, i, err)
	}
	left, err := take(ctx, c.db)
	if err != nil {
		return false, err
	}
	findings := afterDown(f.name, diff(c.states[i], left))
	c.report.find(findings...)
	return len(findings) == 0, nil
}

// upAgain takes one up past the rows that were left by its Down.
func (c *climber) upAgain(ctx context.Context, i int) error {
	if ok, err := c.upWithRows(ctx, i); err != nil || !ok {
		return err
	}
	again, err := take(ctx, c.db)
	c.report.find(afterSecondUp(c.files[i].name, diff(c.states[i+1], again))...)
	return err
}

// failsDown finds out whether the rows are to blame.
func (c *climber) failsDown(ctx context.Context, i int, failed error) error {
	f := c.files[i]
	if err := c.rebuild(ctx, i+1); err != nil {
		return err
	}
	found := Finding{File: f.name, Problem: "fails to go down", Remedy: "mend its Down"}
	if err := c.steps.Down(ctx, f.step); err == nil {
		found.Problem = "goes down while tables are empty, but fails when they have rows"
		found.Remedy = `let its Down mend or move the rows first (UPDATE, DELETE); if that cannot be done, say "-- irreversible: " and the reason`
	}
	return c.fails(ctx, failed, found)
}

// touched are the tables that the changes belong to.
func touched(changes []change) []string {
	tables := map[string]bool{}
	for _, c := range changes {
		for _, key := range append(c.Parents, c.key()) {
			if table, ok := strings.CutPrefix(key, "table "); ok {
				tables[table] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(tables))
}
