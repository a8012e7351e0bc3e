package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
)

// Tables of applied migrations, in the module's schema.
const (
	moduleTable = "migrations"
	kitTable    = "kit_migrations"
)

// MigrationTables returns the names of the tables in which every migrated schema
// has the migrations that were applied, for what looks at all tables but these.
func MigrationTables() []string { return []string{moduleTable, kitTable} }

// Up brings the schema up to date, creating it where it is missing: first kit,
// the tables that the kit keeps in every module's schema, then module. Both hold
// goose SQL files at their root; either may be nil or empty.
//
// Processes that call Up at once take turns. The role that connects owns the
// schema, or may create it.
func (d *DB) Up(ctx context.Context, kit, module fs.FS) error {
	return d.migrating(ctx, func(m *migration) error {
		if err := m.up(ctx, kit, kitTable); err != nil {
			return fmt.Errorf("the kit's own tables: %w", err)
		}
		return m.up(ctx, module, moduleTable)
	})
}

// Down takes the module's migrations back, the last applied first, until the
// version is the last that is left; 0 leaves none.
func (d *DB) Down(ctx context.Context, fsys fs.FS, version int64) error {
	return d.migrating(ctx, func(m *migration) error { return m.down(ctx, fsys, moduleTable, version) })
}

// DownKit does the same with the migrations of the kit.
func (d *DB) DownKit(ctx context.Context, fsys fs.FS, version int64) error {
	return d.migrating(ctx, func(m *migration) error { return m.down(ctx, fsys, kitTable, version) })
}

// migrating runs fn on a connection of its own that holds the schema's lock.
func (d *DB) migrating(ctx context.Context, fn func(*migration) error) error {
	if d.conn == nil {
		return fmt.Errorf("migrate schema %s: a virtual database cannot be migrated; migrate the one that its connection leads to, first", d.Schema())
	}
	m := newMigration(d.Schema(), d.conn)
	err := m.locked(ctx, func() error { return fn(m) })
	if err = errors.Join(err, m.db.Close()); err != nil {
		return fmt.Errorf("migrate schema %s: %w", d.Schema(), explain(ctx, err))
	}
	return nil
}

func (m *migration) up(ctx context.Context, fsys fs.FS, table string) error {
	return m.with(fsys, table, func(p *goose.Provider) error {
		_, err := p.Up(ctx)
		return err
	})
}

func (m *migration) down(ctx context.Context, fsys fs.FS, table string, version int64) error {
	return m.with(fsys, table, func(p *goose.Provider) error {
		_, err := p.DownTo(ctx, version)
		return err
	})
}

// with runs fn with the ladder of migrations in fsys; an empty one is fine.
func (m *migration) with(fsys fs.FS, table string, fn func(*goose.Provider) error) error {
	if fsys == nil {
		return nil
	}
	p, err := goose.NewProvider(goose.DialectPostgres, m.db, fsys,
		goose.WithTableName(table), goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
	if errors.Is(err, goose.ErrNoMigrations) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the migrations: %w", err)
	}
	return m.explain(fn(p), fsys)
}

// locked holds the schema's lock while fn runs, and sees to it that the schema is there.
func (m *migration) locked(ctx context.Context, fn func() error) error {
	conn, err := m.db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	if err := m.prepare(ctx, conn); err != nil {
		return errors.Join(err, conn.Close())
	}
	// The one connection goes back, so that goose gets it; the session keeps the
	// lock until it ends, which it does right after.
	if err := conn.Close(); err != nil {
		return fmt.Errorf("hand the connection on: %w", err)
	}
	return fn()
}

func (m *migration) prepare(ctx context.Context, conn *sql.Conn) error {
	if err := m.lock(ctx, conn); err != nil {
		return err
	}
	// IF NOT EXISTS asks for the right to create even where there is nothing to create.
	var exists bool
	err := conn.QueryRowContext(ctx, "SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1)", m.schema).Scan(&exists)
	if err == nil && !exists {
		_, err = conn.ExecContext(ctx, "CREATE SCHEMA "+m.quoted())
	}
	if err != nil {
		return fmt.Errorf("create the schema: %w", err)
	}
	return nil
}
