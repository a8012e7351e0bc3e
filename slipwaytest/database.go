package slipwaytest

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/slipwaytest/internal/testdb"
)

// DB returns a module's database, for what a test wants to put there or to see. In Tx
// it is the transaction; in a deployment it is a pool of the test's own, until its end.
func (k *Kit) DB(module string) *postgres.DB {
	k.t.Helper()
	if k.services != nil {
		return k.deployedDB(module)
	}
	db := k.databases[module]
	if db == nil {
		k.t.Fatalf("there is no database of %q here: the modules with one are %s", module, strings.Join(slices.Sorted(maps.Keys(k.databases)), ", "))
	}
	return db
}

func (k *Kit) deployedDB(module string) *postgres.DB {
	k.t.Helper()
	db, err := postgres.Open(postgres.Config{URL: config.Secret(k.Database(module)), Schema: module})
	if err != nil {
		k.t.Fatal(err)
	}
	k.t.Cleanup(db.Close)
	return db
}

// rows tells what is stored in a module's tables, so that two looks can be compared.
func (k *Kit) rows(module string) string {
	k.t.Helper()
	return k.look(module, `count(*) || ' rows, ' || coalesce(sum(hashtextextended(x::text, 0)), 0)`)
}

// counts tells how many rows a module's tables have; the kit's own do not count.
func (k *Kit) counts(module string) string {
	k.t.Helper()
	return k.look(module, `count(*)`)
}

func (k *Kit) look(module, what string) string {
	k.t.Helper()
	if k.databases[module] == nil {
		return "no database"
	}
	db := k.DB(module)
	var all []string
	for _, table := range k.tables(db) {
		var seen string
		if err := db.QueryRow(k.t.Context(), fmt.Sprintf(`SELECT (%s)::text FROM %s x`, what, pgx.Identifier{table}.Sanitize())).Scan(&seen); err != nil {
			k.t.Fatalf("look into %s: %v", table, err)
		}
		all = append(all, table+": "+seen)
	}
	return strings.Join(all, "; ")
}

// contents are what a module has stored, by column.
func (k *Kit) contents(module string) map[string]string {
	k.t.Helper()
	all := map[string]string{}
	if k.databases[module] == nil {
		return all
	}
	db := k.DB(module)
	for _, table := range k.tables(db) {
		sql := fmt.Sprintf(`SELECT c.key, string_agg(c.value, E'\n' ORDER BY c.value) FROM %s x, jsonb_each_text(to_jsonb(x)) c GROUP BY 1`, pgx.Identifier{table}.Sanitize())
		rows, err := db.Query(k.t.Context(), sql)
		if err != nil {
			k.t.Fatalf("look into %s: %v", table, err)
		}
		var column string
		var text *string
		if _, err := pgx.ForEachRow(rows, []any{&column, &text}, func() error {
			if text != nil {
				all[table+"."+column] = *text
			}
			return nil
		}); err != nil {
			k.t.Fatalf("look into %s: %v", table, err)
		}
	}
	return all
}

// idempotencyTable is where the kit keeps the answers of Idempotent routes.
const idempotencyTable = "idempotency"

// tables are those of the module, without the kit's.
func (k *Kit) tables(db *postgres.DB) []string {
	k.t.Helper()
	m, _ := k.module(db.Schema()) // it has a database, so it is there
	kit, err := testdb.KitTables(m)
	if err != nil {
		k.t.Fatal(err)
	}
	const others = "SELECT tablename FROM pg_tables WHERE schemaname = $1 AND tablename <> ALL ($2) ORDER BY 1"
	rows, err := db.Query(k.t.Context(), others, db.Schema(), kit)
	if err != nil {
		k.t.Fatalf("list the tables of %s: %v", db.Schema(), err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		k.t.Fatalf("list the tables of %s: %v", db.Schema(), err)
	}
	return names
}

// breakDatabase takes a module's tables out of its sight, and leaves it those of the
// kit, which would fail before the module is asked.
func (k *Kit) breakDatabase(module string) {
	k.t.Helper()
	for _, table := range k.tables(k.DB(module)) {
		k.exec(module, fmt.Sprintf("ALTER TABLE %s RENAME TO %s", pgx.Identifier{table}.Sanitize(), pgx.Identifier{"gone_" + table}.Sanitize()))
	}
}

// loseAnswers makes the kept answers of Idempotent routes those of requests whose
// process died before it could keep one.
func (k *Kit) loseAnswers(module string) {
	k.t.Helper()
	k.exec(module, `UPDATE `+idempotencyTable+` SET status = NULL, content_type = NULL, body = NULL, lease_until = now() - interval '1 hour'`)
}

func (k *Kit) exec(module, sql string) {
	k.t.Helper()
	if _, err := k.DB(module).Exec(k.t.Context(), sql); err != nil {
		k.t.Fatalf("%s: %v", sql, err)
	}
}
