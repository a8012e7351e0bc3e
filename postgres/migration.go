package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
)

const (
	// migrationLockWait bounds how long a start waits for another process that migrates.
	migrationLockWait = 5 * time.Minute
	// migrationTableWait bounds how long a migration waits for a table that others
	// use; while it waits, all who come later wait behind it.
	migrationTableWait = 30 * time.Second
)

// migration is one run of migrations in one schema.
type migration struct {
	schema string
	db     *sql.DB
	failed *failedStatement
}

func newMigration(schema string, base *pgx.ConnConfig) *migration {
	m := &migration{schema: schema, failed: &failedStatement{}}
	settings := base.Copy()
	settings.Tracer = m.failed
	settings.RuntimeParams["statement_timeout"] = "0"
	settings.RuntimeParams["idle_in_transaction_session_timeout"] = "0"
	settings.RuntimeParams["lock_timeout"] = milliseconds(migrationTableWait)
	m.db = sql.OpenDB(&once{Connector: stdlib.GetConnector(*settings)})
	m.db.SetMaxOpenConns(1)
	m.db.SetMaxIdleConns(1)
	return m
}

func (m *migration) quoted() string { return pgx.Identifier{m.schema}.Sanitize() }

// once connects once: were the connection replaced, the lock that went with it
// would be missing and nobody would notice.
type once struct {
	driver.Connector
	used atomic.Bool
}

func (o *once) Connect(ctx context.Context) (driver.Conn, error) {
	if o.used.Swap(true) {
		return nil, errors.New("the connection that held the migration lock was lost")
	}
	return o.Connector.Connect(ctx)
}

// lock takes the session lock of the schema. It asks again and again, since a
// session that waits for a lock holds a snapshot, and CREATE INDEX CONCURRENTLY in
// the session that has the lock would wait for that snapshot.
func (m *migration) lock(ctx context.Context, conn *sql.Conn) error {
	limited, cancel := context.WithTimeoutCause(ctx, migrationLockWait,
		fmt.Errorf("another process has been migrating it for %s", migrationLockWait))
	defer cancel()
	for wait := 10 * time.Millisecond; ; wait = min(2*wait, 100*time.Millisecond) {
		var locked bool
		if err := conn.QueryRowContext(ctx, "SELECT pg_try_advisory_lock($1)", lockKey(m.schema)).Scan(&locked); err != nil {
			return fmt.Errorf("take the migration lock: %w", err)
		}
		if locked {
			return nil
		}
		select {
		case <-limited.Done():
			return fmt.Errorf("wait for the migration lock: %w", context.Cause(limited))
		case <-time.After(wait):
		}
	}
}

// lockKey is the same for a schema in every process and every version.
func lockKey(schema string) int64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte("slipway migrate " + schema)) // never fails
	return int64(h.Sum64())                             //nolint:gosec // any 64 bits will do
}

// failedStatement remembers the statement that failed, which goose does not tell.
type failedStatement struct{ sql string }

var _ pgx.QueryTracer = (*failedStatement)(nil)

type sqlKey struct{}

// TraceQueryStart implements pgx.QueryTracer.
func (f *failedStatement) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	return context.WithValue(ctx, sqlKey{}, data.SQL)
}

// TraceQueryEnd implements pgx.QueryTracer.
func (f *failedStatement) TraceQueryEnd(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryEndData) {
	if sql, ok := ctx.Value(sqlKey{}).(string); ok && data.Err != nil && f.sql == "" {
		f.sql = sql
	}
}

// explain says which file and which statement failed, and where in the file.
func (m *migration) explain(err error, fsys fs.FS) error {
	partial, ok := errors.AsType[*goose.PartialError](err)
	if !ok {
		return err
	}
	file, statement := partial.Failed.Source.Path, m.failed.sql
	where := file
	if line := lineOf(fsys, file, statement, partial.Err); line > 0 {
		where = fmt.Sprintf("%s, line %d", file, line)
	}
	return fmt.Errorf("%s: %w%s\n  in the statement:\n%s", where, partial.Err, hint(partial.Err), indent(statement))
}

func hint(err error) string {
	e, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return ""
	}
	var b strings.Builder
	for _, more := range []string{e.Detail, e.Hint} {
		if more != "" {
			b.WriteString("; " + more)
		}
	}
	return b.String()
}

// lineOf finds the statement in its file and, if the server told it, the place in the statement. 0 means not found.
func lineOf(fsys fs.FS, file, statement string, err error) int {
	text, readErr := fs.ReadFile(fsys, file)
	statement = strings.TrimSpace(statement)
	start := strings.Index(string(text), statement)
	if readErr != nil || start < 0 || statement == "" {
		return 0
	}
	upTo := []rune(string(text[:start]))
	if e, ok := errors.AsType[*pgconn.PgError](err); ok && e.Position > 0 {
		in := []rune(statement)
		upTo = append(upTo, in[:min(int(e.Position)-1, len(in))]...) // the server counts characters from 1
	}
	return 1 + strings.Count(string(upTo), "\n")
}

const shownOfStatement = 2000

func indent(statement string) string {
	statement = strings.TrimSpace(statement)
	if len(statement) > shownOfStatement {
		statement = strings.ToValidUTF8(statement[:shownOfStatement], "") + " …"
	}
	return "    " + strings.ReplaceAll(statement, "\n", "\n    ")
}
