package ladder

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway/postgres"
)

// row prepares the search for a row.
func (f *filler) row(ctx context.Context, tx postgres.Querier, t table, sparse bool) (*row, error) {
	f.made++
	r := &row{table: t}
	taken := map[string]bool{}
	for _, c := range t.keys() {
		v, err := f.reference(ctx, tx, t, c, sparse)
		if err != nil {
			return nil, err
		}
		if overlaps(taken, c.Columns) || len(v.choices) == 0 {
			continue
		}
		r.variables = append(r.variables, v)
		for _, name := range c.Columns {
			taken[name] = true
		}
	}
	for _, c := range t.Columns {
		if !c.Made && !taken[c.Name] {
			r.variables = append(r.variables, f.value(t, c, sparse))
		}
	}
	return r, nil
}

// keys are the foreign keys, the widest first, since narrow ones may be part of it.
func (t table) keys() []constraint {
	all := slices.DeleteFunc(slices.Clone(t.Constraints), func(c constraint) bool { return c.Kind != references })
	slices.SortStableFunc(all, func(a, b constraint) int { return len(b.Columns) - len(a.Columns) })
	return all
}

func overlaps(taken map[string]bool, columns []string) bool {
	return slices.ContainsFunc(columns, func(name string) bool { return taken[name] })
}

// reference chooses among rows that are there, or none where that is permitted.
func (f *filler) reference(ctx context.Context, tx postgres.Querier, t table, c constraint, sparse bool) (variable, error) {
	v := variable{columns: c.Columns}
	texts := make([]string, len(c.ToColumns))
	for i, name := range c.ToColumns {
		texts[i] = name + "::text"
	}
	const few = 5
	rows, err := tx.Query(ctx, fmt.Sprintf("SELECT ARRAY[%s] FROM %s WHERE (%s) IS NOT NULL LIMIT %d",
		strings.Join(texts, ", "), c.To, strings.Join(c.ToColumns, ", "), few))
	if err != nil {
		return v, err
	}
	there, err := pgx.CollectRows(rows, pgx.RowTo[[]string])
	if err != nil {
		return v, err
	}
	for _, values := range there {
		v.choices = append(v.choices, literals(values))
	}
	optional := slices.ContainsFunc(c.Columns, func(name string) bool { return !t.column(name).Required })
	switch null := slices.Repeat([]string{"NULL"}, len(c.Columns)); {
	case optional && sparse:
		v.choices = slices.Insert(v.choices, 0, null)
	case optional:
		v.choices = append(v.choices, null)
	}
	return v, nil
}

// value lists what to try for one column.
func (f *filler) value(t table, c column, sparse bool) variable {
	texts := c.candidates(f.made, t.checksOf(c.Name))
	v := variable{columns: []string{c.Name}, unsure: true}
	for _, text := range texts {
		v.choices = append(v.choices, []string{literal(text)})
	}
	switch {
	case c.Default:
		v.choices = slices.Insert(v.choices, 0, []string{byDefault})
	case !c.Required && sparse:
		v.choices = slices.Insert(v.choices, 0, []string{"NULL"})
	case !c.Required:
		v.choices = slices.Insert(v.choices, 1, []string{"NULL"})
	}
	if known, ok := f.learned[t.Name][c.Name]; ok && !sparse {
		v.choices = slices.Insert(v.choices, 0, []string{known})
	}
	return v
}

func literals(values []string) []string {
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = literal(v)
	}
	return quoted
}
