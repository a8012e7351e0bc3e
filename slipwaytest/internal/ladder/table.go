package ladder

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway/postgres"
)

//go:embed tables.sql
var tablesQuery string

// table is what the catalog tells about the rows that it accepts.
type table struct {
	Name        string       `json:"name"`
	Partitioned bool         `json:"partitioned"`
	Columns     []column     `json:"columns"`
	Constraints []constraint `json:"constraints"`
}

type column struct {
	Name     string   `json:"name"`
	Required bool     `json:"required"`
	Default  bool     `json:"default"`
	Made     bool     `json:"made"`     // by the server: identity or generated
	Type     string   `json:"type"`     // below all domains
	Category string   `json:"category"` // pg_type.typcategory
	Kind     string   `json:"kind"`     // pg_type.typtype
	Modifier int      `json:"modifier"` // pg_attribute.atttypmod
	Element  string   `json:"element"`  // of an array
	Parts    int      `json:"parts"`    // of a composite type
	Labels   []string `json:"labels"`   // of an enum
	Domain   string   `json:"domain"`
}

// Kinds of constraints, as in pg_constraint.contype.
const (
	checks     = "c"
	references = "f"
)

type constraint struct {
	Name       string   `json:"name"` // empty for the bounds of a partition
	Kind       string   `json:"kind"`
	Definition string   `json:"definition"`
	Columns    []string `json:"columns"`
	To         string   `json:"to"`
	ToColumns  []string `json:"to_columns"`
}

func readTables(ctx context.Context, tx postgres.Querier) ([]table, error) {
	all, err := catalog(ctx, tx, tablesQuery, pgx.RowTo[table])
	if err != nil {
		return nil, fmt.Errorf("read the tables: %w", err)
	}
	return all, nil
}

// bareName is the name without the quotes that SQL may ask for.
func (t table) bareName() string {
	return strings.ReplaceAll(strings.TrimSuffix(strings.TrimPrefix(t.Name, `"`), `"`), `""`, `"`)
}

// waitsFor tells whether a row needs one in a table that is still to be filled.
func (t table) waitsFor(unfilled map[string]bool) bool {
	return slices.ContainsFunc(t.Constraints, func(c constraint) bool {
		return c.Kind == references && c.To != t.Name && unfilled[c.To]
	})
}

// optional tells whether a row may leave something out that has no default.
func (t table) optional() bool {
	return slices.ContainsFunc(t.Columns, func(c column) bool { return !c.Required && !c.Default && !c.Made })
}

// column returns a column by its name.
func (t table) column(name string) column {
	i := slices.IndexFunc(t.Columns, func(c column) bool { return c.Name == name })
	if i < 0 {
		return column{}
	}
	return t.Columns[i]
}

// checksOf are the CHECK constraints that look at a column, those that look at nothing else first.
func (t table) checksOf(column string) []constraint {
	var own, shared []constraint
	for _, c := range t.Constraints {
		switch {
		case c.Kind != checks || !slices.Contains(c.Columns, column):
		case len(c.Columns) == 1:
			own = append(own, c)
		default:
			shared = append(shared, c)
		}
	}
	return append(own, shared...)
}

// define shows the constraint that refused a row.
func (t table) define(name string) string {
	i := slices.IndexFunc(t.Constraints, func(c constraint) bool { return c.Name == name && name != "" })
	if i < 0 {
		return ""
	}
	return t.Constraints[i].Definition
}
