package ladder

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/slipway-go/slipway/postgres"
)

// filler puts rows into the tables of a schema. A state is a number of migrations,
// and the tables are the same whenever the schema is in it.
type filler struct {
	db       *postgres.DB
	given    map[string][]string
	made     int             // rows, so that each differs
	tables   map[int][]table // by state
	learning bool
	learned  map[string]map[string]string // table → column → the SQL of a value that the newest schema accepts
	refused  map[string]string            // table → why it has no row
	wrong    []Finding                    // about the rows that are given
}

func newFiller(db *postgres.DB, given map[string][]string) *filler {
	return &filler{db: db, given: given, tables: map[int][]table{}, learned: map[string]map[string]string{}, refused: map[string]string{}}
}

// learn fills the newest schema to see which values it accepts.
func (f *filler) learn(ctx context.Context, state int) error {
	f.learning = true
	defer func() { f.learning = false }()
	return f.fill(ctx, state, nil)
}

// fill gives every empty table rows, and those in again too, since they have changed.
func (f *filler) fill(ctx context.Context, state int, again []string) error {
	err := f.db.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error {
		tables, err := f.at(ctx, tx, state)
		if err != nil {
			return err
		}
		// What a constraint says only at the end would fail the migration, not the row.
		if _, err := tx.Exec(ctx, "SET CONSTRAINTS ALL IMMEDIATE"); err != nil {
			return err
		}
		f.checkNames(tables)
		return f.inOrder(ctx, tx, slices.Clone(tables), again)
	})
	if err != nil {
		return fmt.Errorf("put rows into schema %s: %w", f.db.Schema(), err)
	}
	return nil
}

func (f *filler) at(ctx context.Context, tx postgres.Querier, state int) ([]table, error) {
	if known, ok := f.tables[state]; ok {
		return known, nil
	}
	tables, err := readTables(ctx, tx)
	if err == nil {
		f.tables[state] = tables
	}
	return tables, err
}

func (f *filler) notes() []Note {
	var all []Note
	for _, name := range slices.Sorted(maps.Keys(f.refused)) {
		all = append(all, Note{Table: name, Reason: f.refused[name]})
	}
	return all
}

// inOrder fills what others refer to first. Tables in a circle come last.
func (f *filler) inOrder(ctx context.Context, tx postgres.Querier, tables []table, again []string) error {
	unfilled := map[string]bool{}
	for _, t := range tables {
		unfilled[t.Name] = true
	}
	for len(tables) > 0 {
		next := max(0, slices.IndexFunc(tables, func(t table) bool { return !t.waitsFor(unfilled) }))
		t := tables[next]
		if err := f.table(ctx, tx, t, slices.Contains(again, t.Name)); err != nil {
			return fmt.Errorf("table %s: %w", t.Name, err)
		}
		delete(unfilled, t.Name)
		tables = slices.Delete(tables, next, next+1)
	}
	return nil
}

func (f *filler) table(ctx context.Context, tx postgres.Querier, t table, again bool) error {
	var filled bool
	if err := tx.QueryRow(ctx, "SELECT EXISTS (SELECT FROM "+t.Name+")").Scan(&filled); err != nil {
		return err
	}
	if filled && !again {
		return nil
	}
	refusal := f.rows(ctx, tx, t)
	if filled || refusal == nil {
		return nil
	}
	if ctx.Err() != nil || postgres.IsUnavailable(refusal) {
		return refusal
	}
	f.refused[t.Name] = t.explain(refusal)
	return nil
}

// rows inserts those given, or one with all columns and one with as few as may be.
func (f *filler) rows(ctx context.Context, tx postgres.Querier, t table) error {
	if done := f.insertGiven(ctx, tx, t); done {
		return nil
	}
	r, err := f.row(ctx, tx, t, false)
	if err != nil {
		return err
	}
	choice, err := r.insert(ctx, tx)
	if err != nil {
		return err
	}
	f.remember(r, choice)
	if t.optional() {
		if r, err = f.row(ctx, tx, t, true); err != nil {
			return err
		}
		_, _ = r.insert(ctx, tx) // the first row will do where a second is refused
	}
	return nil
}

// insertGiven tries the caller's rows. They are of the newest schema, so older ones may refuse them.
func (f *filler) insertGiven(ctx context.Context, tx postgres.Querier, t table) (done bool) {
	given := f.given[t.bareName()]
	if len(given) == 0 {
		return false
	}
	err := attempt(ctx, tx, strings.Join(given, ";\n"))
	if err != nil && f.learning {
		f.wrong = append(f.wrong, Finding{
			File: "Rows", Object: "table " + t.Name, Problem: "refuses the row that is given for it: " + err.Error(),
			Remedy: "give statements that the newest schema accepts",
		})
	}
	return err == nil
}

// checkNames finds given rows that no table of the newest schema will ever get.
func (f *filler) checkNames(tables []table) {
	if !f.learning {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(f.given)) {
		if !slices.ContainsFunc(tables, func(t table) bool { return t.bareName() == name }) {
			f.wrong = append(f.wrong, Finding{
				File: "Rows", Object: "table " + name, Problem: "has rows that are given for it, but is not in the newest schema",
				Remedy: "name a table that there is, or leave the rows out",
			})
		}
	}
}

// remember keeps what the newest schema's checks had a say in.
func (f *filler) remember(r *row, choice []int) {
	if !f.learning {
		return
	}
	for i, v := range r.variables {
		chosen := v.choices[choice[i]]
		if len(v.columns) > 1 || chosen[0] == byDefault || choice[i] == 0 && len(r.table.checksOf(v.columns[0])) == 0 {
			continue
		}
		if f.learned[r.table.Name] == nil {
			f.learned[r.table.Name] = map[string]string{}
		}
		f.learned[r.table.Name][v.columns[0]] = chosen[0]
	}
}

const byDefault = "DEFAULT"

// explain says what refused a row and what to do.
func (t table) explain(err error) string {
	remedy := fmt.Sprintf(`; give it one in Rows[%q]`, t.bareName())
	said, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return err.Error() + remedy
	}
	message := err.Error()
	if definition := t.define(said.ConstraintName); definition != "" {
		message = fmt.Sprintf("%s refused every row that was tried, %s", said.ConstraintName, definition)
	}
	if t.Partitioned && strings.Contains(said.Message, "no partition") {
		message += ": it has no partition for it"
	}
	return message + remedy
}
