package slipway

import (
	"context"
	"embed"
	"io/fs"

	"github.com/slipway-go/slipway/postgres"
)

//go:embed migrations/*.sql
var kitMigrations embed.FS

// MigrationFiles returns the goose migrations of the module's schema: those of the
// kit, whose tables are in every module's schema, and the module's own. Both are
// nil for a module without a database.
func (m Module) MigrationFiles() (kit, own fs.FS) {
	if !m.HasDatabase() {
		return nil, nil
	}
	kit, err := fs.Sub(kitMigrations, "migrations")
	if err != nil {
		panic(err) // the folder is compiled in
	}
	return kit, m.migrations
}

// Migrate brings the module's schema up to date: the kit's own tables in it
// first, then the module's. A module without migrations has nothing to do.
func (m Module) Migrate(ctx context.Context, db *postgres.DB) error {
	if !m.HasDatabase() {
		return nil
	}
	kit, own := m.MigrationFiles()
	return db.Up(ctx, kit, own)
}
