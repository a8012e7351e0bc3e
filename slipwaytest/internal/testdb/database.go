package testdb

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"time"

	"github.com/jackc/pgx/v5"
)

// A database that tests use has a note, its comment in the server. One without is
// in use, or its process was killed: its lock tells which.
const (
	noteTemplate = "slipwaytest: complete template, used on "
	noteFree     = "slipwaytest: free and clean since "
	noteKept     = "slipwaytest: kept for a failed test until "
)

func free() string { return noteFree + time.Now().UTC().Format(time.RFC3339) }

// lockKey is the same for a database in every process and every version.
func lockKey(name string) int64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte("slipwaytest " + name)) // never fails
	return int64(h.Sum64())                       //nolint:gosec // any 64 bits will do
}

// lock takes the lock on a database's name and reports whether it is ours. Who
// holds it may do with the database whatever they want.
func (a *admin) lock(ctx context.Context, name string) (ours bool, err error) {
	if a.held[name] {
		return false, nil // the server would give it to the same session again
	}
	if err := a.conn.QueryRow(ctx, "SELECT pg_try_advisory_lock($1)", lockKey(name)).Scan(&ours); err != nil {
		return false, fmt.Errorf("lock the database %s: %w", name, err)
	}
	if ours {
		a.held[name] = true
	}
	return ours, nil
}

func (a *admin) unlock(ctx context.Context, name string) error {
	delete(a.held, name)
	_, err := a.conn.Exec(ctx, "SELECT pg_advisory_unlock($1)", lockKey(name))
	return err
}

// lockShared keeps others from dropping a template, and waits while one builds it.
func (a *admin) lockShared(ctx context.Context, name string) error {
	_, err := a.conn.Exec(ctx, "SELECT pg_advisory_lock_shared($1)", lockKey(name))
	if err != nil {
		return fmt.Errorf("wait until another process has built the template %s: %w", name, err)
	}
	return nil
}

func (a *admin) unlockShared(ctx context.Context, name string) error {
	_, err := a.conn.Exec(ctx, "SELECT pg_advisory_unlock_shared($1)", lockKey(name))
	return err
}

// noteOf returns the note of a database, and whether it is there at all.
func (a *admin) noteOf(ctx context.Context, name string) (note string, exists bool, err error) {
	const look = "SELECT coalesce(shobj_description(oid, 'pg_database'), '') FROM pg_database WHERE datname = $1"
	err = a.conn.QueryRow(ctx, look, name).Scan(&note)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", false, nil
	}
	if err != nil {
		return "", false, fmt.Errorf("look for the database %s: %w", name, err)
	}
	return note, true, nil
}

// note replaces the note of a database; "" removes it.
func (a *admin) note(ctx context.Context, name, text string) error {
	value := "NULL"
	if text != "" {
		value = "'" + text + "'" // ours, without quotes
	}
	return a.exec(ctx, fmt.Sprintf("COMMENT ON DATABASE %s IS %s", quoted(name), value))
}

// create makes a database, of a template or else of the server's own.
func (a *admin) create(ctx context.Context, name, template string) error {
	sql := "CREATE DATABASE " + quoted(name)
	if template != "" {
		sql += " TEMPLATE " + quoted(template)
	}
	if a.quick {
		// The checkpoint that this needs costs nothing where nothing is made safe.
		sql += " STRATEGY file_copy"
	}
	return a.exec(ctx, sql)
}

// createOwn makes a database that this process holds until its end.
func (a *admin) createOwn(ctx context.Context, name string) error {
	if err := mustBeOurs(name); err != nil {
		return err
	}
	free, err := a.lock(ctx, name)
	if err != nil {
		return err
	}
	if !free {
		return fmt.Errorf("the database %s is in use, of this process or of another: choose another name", name)
	}
	if err := a.create(ctx, name, ""); err != nil {
		return errors.Join(err, a.unlock(ctx, name)) // what is there is not ours to drop
	}
	return nil
}

// drop removes a database and gives its name back.
func (a *admin) drop(ctx context.Context, name string) error {
	if err := a.remove(ctx, name); err != nil {
		return err
	}
	return a.unlock(ctx, name)
}

// remove ends whoever is connected, and the database.
func (a *admin) remove(ctx context.Context, name string) error {
	if err := mustBeOurs(name); err != nil {
		return err
	}
	return a.exec(ctx, "DROP DATABASE IF EXISTS "+quoted(name)+" WITH (FORCE)")
}

func (a *admin) exec(ctx context.Context, sql string) error {
	if _, err := a.conn.Exec(ctx, sql); err != nil {
		return fmt.Errorf("%s: %w", sql, explain(err))
	}
	return nil
}

func quoted(name string) string { return pgx.Identifier{name}.Sanitize() }
