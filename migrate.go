package slipway

import (
	"context"
	"embed"
	"fmt"
	"io/fs"

	"github.com/slipway-go/slipway/postgres"
)

//go:embed migrations/*.sql
var kitMigrations embed.FS

// Migrate brings the module's schema up to date: the kit's own tables in it
// first, then the module's. A module without migrations has nothing to do.
func (m Module) Migrate(ctx context.Context, db *postgres.DB) error {
	if m.migrations == nil {
		return nil
	}
	kit, err := fs.Sub(kitMigrations, "migrations")
	if err != nil {
		return fmt.Errorf("the kit's migrations: %w", err)
	}
	return db.Up(ctx, kit, m.migrations)
}
