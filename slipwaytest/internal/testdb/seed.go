package testdb

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway/postgres"
)

// seedSchema holds, in a template and its clones, a copy of the rows that the
// migrations have inserted, and how a clone is brought back to them.
const seedSchema = "slipwaytest_seed"

// seed is how a clone is brought back.
type seed struct {
	Tables      []string // which tests may fill, quoted
	Sequences   []string // quoted
	Restart     string   // the statements that restart sequences, if there are any
	Reset       string   // the statements that make all as it was
	Fingerprint string   // of the schema
}

const (
	// tables are all but those of extensions, of goose and our own. Partitioned
	// ones are their partitions.
	tables = `
SELECT c.oid, format('%I.%I', n.nspname, c.relname) AS name,
       (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) FROM pg_attribute a
         WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '') AS columns
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname NOT LIKE 'pg\_%' AND n.nspname NOT IN ('information_schema', '` + seedSchema + `')
   AND NOT (n.nspname = $1 AND c.relname = ANY ($2))
   AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
 ORDER BY c.oid`

	// sequences are all but those of the kit's own tables, whose numbers nobody sees: to
	// set them back would cost each test a round trip.
	sequences = `
SELECT format('%I.%I', schemaname, sequencename) FROM pg_sequences s
 WHERE schemaname NOT LIKE 'pg\_%'
   AND NOT EXISTS (SELECT FROM pg_depend d JOIN pg_class c ON c.oid = d.refobjid JOIN pg_namespace n ON n.oid = c.relnamespace
                    WHERE d.objid = format('%I.%I', s.schemaname, s.sequencename)::regclass AND d.classid = 'pg_class'::regclass
                      AND d.deptype IN ('a', 'i') AND n.nspname = $1 AND c.relname = ANY ($2))
 ORDER BY 1`

	views = `SELECT format('%I.%I', schemaname, matviewname) FROM pg_matviews ORDER BY 1`

	// fingerprint is another after any change of the schema. Whatever is user-made
	// has an oid from 16384 on.
	fingerprint = `
SELECT concat_ws(' ',
 (SELECT sum(hashtextextended(concat_ws('|', oid, relname, relnamespace, relkind, relrowsecurity, reloptions), 0)) FROM pg_class WHERE oid >= 16384),
 (SELECT sum(hashtextextended(concat_ws('|', attrelid, attname, atttypid, atttypmod, attnum, attnotnull, attidentity, attgenerated), 0))
    FROM pg_attribute WHERE attrelid >= 16384),
 (SELECT sum(hashtextextended(concat_ws('|', adrelid, adnum, adbin), 0)) FROM pg_attrdef),
 (SELECT sum(hashtextextended(concat_ws('|', oid, conname, convalidated, condeferrable, condeferred), 0)) FROM pg_constraint WHERE oid >= 16384),
 (SELECT sum(hashtextextended(concat_ws('|', oid, tgname, tgenabled), 0)) FROM pg_trigger),
 (SELECT sum(hashtextextended(concat_ws('|', oid, proname, prosrc), 0)) FROM pg_proc WHERE oid >= 16384),
 (SELECT sum(hashtextextended(concat_ws('|', oid, typname), 0)) FROM pg_type WHERE oid >= 16384),
 (SELECT sum(hashtextextended(concat_ws('|', oid, enumlabel), 0)) FROM pg_enum),
 (SELECT sum(hashtextextended(concat_ws('|', oid, ev_action), 0)) FROM pg_rewrite WHERE oid >= 16384),
 (SELECT sum(hashtextextended(concat_ws('|', oid, polname), 0)) FROM pg_policy),
 (SELECT sum(hashtextextended(concat_ws('|', oid, extname, extversion), 0)) FROM pg_extension),
 (SELECT sum(hashtextextended(concat_ws('|', oid, nspname), 0)) FROM pg_namespace WHERE oid >= 16384 AND nspname NOT LIKE 'pg\_%'))`
)

type table struct {
	OID     uint32
	Name    string
	Columns string
}

// writeSeed copies the rows that are there and writes down how to come back. kit are the
// tables of the schema that are the kit's.
func writeSeed(ctx context.Context, conn *pgx.Conn, schema string, kit []string) error {
	s, err := makeSeed(ctx, conn, schema, kit)
	if err == nil {
		_, err = conn.Exec(ctx, "CREATE TABLE "+seedSchema+".seed (tables text[], sequences text[], restart text, reset text, fingerprint text)")
	}
	if err == nil {
		err = conn.QueryRow(ctx, fingerprint).Scan(&s.Fingerprint)
	}
	if err == nil {
		_, err = conn.Exec(ctx, "INSERT INTO "+seedSchema+".seed VALUES ($1, $2, $3, $4, $5)", s.Tables, s.Sequences, s.Restart, s.Reset, s.Fingerprint)
	}
	if err != nil {
		return fmt.Errorf("copy what the migrations inserted: %w", explain(err))
	}
	return nil
}

func makeSeed(ctx context.Context, conn *pgx.Conn, schema string, kit []string) (seed, error) {
	var s seed
	if _, err := conn.Exec(ctx, "CREATE SCHEMA "+seedSchema); err != nil {
		return s, err
	}
	rows, _ := conn.Query(ctx, tables, schema, postgres.MigrationTables()) // the error is in the rows too
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[table])
	if err != nil {
		return s, err
	}
	var deletes, inserts strings.Builder
	for _, t := range all {
		s.Tables = append(s.Tables, t.Name)
		fmt.Fprintf(&deletes, "DELETE FROM ONLY %s;\n", t.Name)
		if err := copyRows(ctx, conn, t, &inserts); err != nil {
			return s, err
		}
	}
	rows, _ = conn.Query(ctx, sequences, schema, kit) // the error is in the rows too
	if s.Sequences, err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
		return s, err
	}
	if s.Restart, err = positions(ctx, conn, s.Sequences); err != nil {
		return s, err
	}
	refresh, err := refreshed(ctx, conn)
	s.Reset = deletes.String() + inserts.String() + s.Restart + refresh
	return s, err
}

// copyRows copies a table's rows, if there are any, and writes the statement that
// puts them back: identities as they were, generated columns by themselves.
func copyRows(ctx context.Context, conn *pgx.Conn, t table, inserts *strings.Builder) error {
	var filled bool
	if err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM ONLY "+t.Name+")").Scan(&filled); err != nil || !filled || t.Columns == "" {
		return err
	}
	kept := fmt.Sprintf("%s.rows_%d", seedSchema, t.OID)
	fmt.Fprintf(inserts, "INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE SELECT * FROM %s;\n", t.Name, t.Columns, kept)
	_, err := conn.Exec(ctx, fmt.Sprintf("CREATE TABLE %s AS SELECT %s FROM ONLY %s", kept, t.Columns, t.Name))
	return err
}

// positions writes the statement that sets sequences to where they are; "" if there
// are none.
func positions(ctx context.Context, conn *pgx.Conn, sequences []string) (string, error) {
	var calls []string
	for _, name := range sequences {
		var last int64
		var called bool
		if err := conn.QueryRow(ctx, "SELECT last_value, is_called FROM "+name).Scan(&last, &called); err != nil {
			return "", err
		}
		calls = append(calls, fmt.Sprintf("setval('%s', %d, %t)", strings.ReplaceAll(name, "'", "''"), last, called))
	}
	if len(calls) == 0 {
		return "", nil
	}
	return "SELECT " + strings.Join(calls, ", ") + ";\n", nil
}

func refreshed(ctx context.Context, conn *pgx.Conn) (string, error) {
	rows, _ := conn.Query(ctx, views) // the error is in the rows too
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	var b strings.Builder
	for _, name := range all {
		fmt.Fprintf(&b, "REFRESH MATERIALIZED VIEW %s;\n", name)
	}
	return b.String(), err
}

func readSeed(ctx context.Context, conn *pgx.Conn) (seed, error) {
	rows, _ := conn.Query(ctx, "SELECT tables, sequences, restart, reset, fingerprint FROM "+seedSchema+".seed") // the error is in the rows too
	s, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[seed])
	if err != nil {
		return s, fmt.Errorf("read how the database is reset: %w", err)
	}
	return s, nil
}
