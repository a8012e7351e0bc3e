package slipwaytest

import (
	"context"
	"testing"

	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/slipwaytest/internal/ladder"
	"github.com/slipway-go/slipway/slipwaytest/internal/testdb"
)

// Rows gives INSERT statements for a table whose rows nobody can guess, so that
// migrations are tried with rows in it.
func Rows(table string, inserts ...string) Fixture {
	return func(u *universal) {
		if u.rows == nil {
			u.rows = map[string][]string{}
		}
		u.rows[table] = append(u.rows[table], inserts...)
	}
}

func (u *universal) proveMigrations(t *testing.T) {
	if !u.module.HasDatabase() {
		t.Skip("the module has no database")
	}
	db := u.scratch(t)
	climbed := false
	t.Run("go up, down and up again, with rows in every table", func(t *testing.T) { climbed = u.climb(t, db) })
	t.Run("leave what the last release needs", func(t *testing.T) {
		if !climbed {
			t.Skip("the migrations do not run to their end")
		}
		u.proveRelease(t, db)
	})
}

// scratch returns an empty database for migrations to run in.
func (u *universal) scratch(t *testing.T) *postgres.DB {
	t.Helper()
	address, err := databases.Database(t.Context(), testdb.UniqueName(u.module.Name()))
	if err != nil {
		t.Fatal(err)
	}
	db, err := postgres.Open(postgres.Config{URL: config.Secret(address), Schema: u.module.Name()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

func (u *universal) climb(t *testing.T, db *postgres.DB) bool {
	kit, own := u.module.MigrationFiles()
	report, err := ladder.Climb(t.Context(), db, ladder.Migrations{Kit: kit, Module: own, Rows: u.rows})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range report.Findings {
		t.Error(f)
	}
	for _, n := range report.Notes {
		t.Logf("%s; a slipwaytest.Rows(%q, …) gives it some", n, n.Table)
	}
	for _, s := range report.Skips {
		t.Run(s.File, func(t *testing.T) { t.Skip(s.Reason) })
	}
	return len(report.Findings) == 0
}

// proveRelease plans the statements of the last release on the new schema: both run
// side by side while the one replaces the other.
func (u *universal) proveRelease(t *testing.T, db *postgres.DB) {
	ctx := context.WithoutCancel(t.Context())
	file := ladder.QueriesFile(u.module.Name())
	release, err := ladder.Previous(ctx, ".", file)
	if err != nil {
		t.Fatal(err)
	}
	if release.Missing != "" {
		t.Skip(release.Missing)
	}
	findings, err := ladder.Prepare(ctx, db, file, release)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range findings {
		t.Error(f)
	}
}
