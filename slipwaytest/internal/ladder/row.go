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

// variable is a column of a row to be made, or the columns of a foreign key, which
// are chosen together.
type variable struct {
	columns []string
	choices [][]string // SQL, one per column
	unsure  bool       // the type may refuse a choice
}

// row is the search for a row that a table accepts.
type row struct {
	table     table
	variables []variable
	tries     int
}

// most bounds the search for one row.
const most = 400

// insert tries the likeliest values first. What a refusal names takes part in the
// search from then on; everything else keeps its first value. It returns the
// choices that were accepted.
func (r *row) insert(ctx context.Context, tx postgres.Querier) (choice []int, err error) {
	involved := map[int]bool{}
	for {
		grown := false
		for choice := range r.combinations(slices.Sorted(maps.Keys(involved))) {
			if err = r.try(ctx, tx, choice); err == nil {
				return choice, nil
			}
			if r.tries++; r.tries > most {
				return nil, err
			}
			named := r.blamed(err)
			if len(named) == 0 {
				return nil, err
			}
			if grown = r.involve(involved, named); grown {
				break
			}
		}
		if !grown {
			return nil, err
		}
	}
}

func (r *row) involve(involved map[int]bool, named []int) (grown bool) {
	for _, i := range named {
		grown = grown || !involved[i]
		involved[i] = true
	}
	return grown
}

// combinations yields the choices of the variables in vary, near ones first.
func (r *row) combinations(vary []int) func(yield func([]int) bool) {
	return func(yield func([]int) bool) {
		total := 0
		for _, i := range vary {
			total += len(r.variables[i].choices) - 1
		}
		choice := make([]int, len(r.variables))
		for sum := 0; sum <= total; sum++ {
			if !r.spread(vary, sum, choice, yield) {
				return
			}
		}
	}
}

// spread gives the variables choices that add up to sum.
func (r *row) spread(vary []int, sum int, choice []int, yield func([]int) bool) bool {
	if len(vary) == 0 {
		return sum > 0 || yield(slices.Clone(choice))
	}
	for n := range min(sum+1, len(r.variables[vary[0]].choices)) {
		choice[vary[0]] = n
		if !r.spread(vary[1:], sum-n, choice, yield) {
			return false
		}
	}
	choice[vary[0]] = 0
	return true
}

func (r *row) try(ctx context.Context, tx postgres.Querier, choice []int) error {
	var columns, values []string
	for i, v := range r.variables {
		columns = append(columns, v.columns...)
		values = append(values, v.choices[choice[i]]...)
	}
	statement := fmt.Sprintf("INSERT INTO %s (%s) VALUES (%s)", r.table.Name, strings.Join(columns, ", "), strings.Join(values, ", "))
	if len(columns) == 0 {
		statement = "INSERT INTO " + r.table.Name + " DEFAULT VALUES"
	}
	return attempt(ctx, tx, statement)
}

// savepoint stands before each attempt.
const savepoint = "SAVEPOINT attempt; "

// attempt runs a statement that may fail without harm to the transaction.
func attempt(ctx context.Context, tx postgres.Querier, statement string) error {
	_, err := tx.Exec(ctx, savepoint+statement+"; RELEASE attempt")
	if err == nil {
		return nil
	}
	if _, lost := tx.Exec(context.WithoutCancel(ctx), "ROLLBACK TO attempt; RELEASE attempt"); lost != nil {
		return errors.Join(err, lost)
	}
	return err
}

// blamed are the variables that a refusal is about; none if nobody can tell.
func (r *row) blamed(err error) []int {
	said, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return nil
	}
	const integrity, data = "23", "22"
	switch {
	case strings.HasPrefix(said.Code, data):
		return r.which(func(v variable) bool { return v.unsure })
	case !strings.HasPrefix(said.Code, integrity):
		return nil
	}
	return r.which(func(v variable) bool {
		return slices.ContainsFunc(v.columns, func(name string) bool { return r.isNamed(said, name) })
	})
}

func (r *row) isNamed(said *pgconn.PgError, name string) bool {
	if c := r.table.column(name); said.DataTypeName != "" && c.Domain == said.DataTypeName || said.ColumnName != "" && name == said.ColumnName {
		return true
	}
	return slices.ContainsFunc(r.table.Constraints, func(c constraint) bool {
		return c.Name == said.ConstraintName && slices.Contains(c.Columns, name)
	})
}

func (r *row) which(is func(variable) bool) []int {
	var all []int
	for i, v := range r.variables {
		if is(v) && len(v.choices) > 1 {
			all = append(all, i)
		}
	}
	return all
}
