package ladder

import (
	"fmt"
	"slices"
	"strings"
)

// QueriesFile is where a package keeps the statements that its tests of a module ran.
func QueriesFile(module string) string { return "testdata/" + module + ".queries.sql" }

const queriesHeader = `-- The statements that the tests of this package ran. The next release's schema must still understand them.
-- Written with SLIPWAY_UPDATE=1; not by hand.
`

// FormatQueries makes the text of a file of statements: each once, sorted, and a line
// for each of its clauses. [ParseQueries] reads back the same.
func FormatQueries(statements []string) string {
	var b strings.Builder
	b.WriteString(queriesHeader)
	for _, s := range sorted(statements) {
		b.WriteString("\n" + inLines(s) + ";\n")
	}
	return b.String()
}

// ParseQueries reads the statements out of a file's text.
func ParseQueries(text string) []string { return sorted(split(text)) }

func sorted(statements []string) []string {
	all := make([]string, len(statements))
	for i, s := range statements {
		all[i] = normalise(s)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Without leaves out the statements that go to one of the tables.
func Without(statements, tables []string) []string {
	return slices.DeleteFunc(slices.Clone(statements), func(s string) bool { return goesTo(s, tables) })
}

// goesTo tells by the word before a table's name.
func goesTo(statement string, tables []string) bool {
	before := ""
	for _, t := range tokens(statement) {
		if t.kind == space {
			continue
		}
		switch before {
		case "FROM", "JOIN", "INTO", "UPDATE", "ONLY":
			if slices.Contains(tables, t.text) {
				return true
			}
		}
		before = strings.ToUpper(t.text)
	}
	return false
}

// inLines breaks a statement before its clauses, where there is a space already.
func inLines(statement string) string {
	var b strings.Builder
	depth, pending := 0, false
	for _, t := range tokens(statement) {
		switch {
		case t.kind == space:
			pending = true
			continue
		case pending && depth == 0 && beginsClause(t):
			b.WriteString("\n  ")
		case pending:
			b.WriteByte(' ')
		}
		pending = false
		depth += strings.Count(t.text, "(") - strings.Count(t.text, ")")
		if t.kind != special {
			depth += strings.Count(t.text, ")") - strings.Count(t.text, "(") // those in quotes do not count
		}
		b.WriteString(t.text)
	}
	return b.String()
}

func beginsClause(t token) bool {
	if t.kind != word {
		return false
	}
	switch strings.ToUpper(t.text) {
	case "SELECT", "INSERT", "UPDATE", "DELETE", "FROM", "JOIN", "LEFT", "WHERE", "GROUP", "HAVING", "ORDER", "LIMIT",
		"SET", "VALUES", "ON", "RETURNING", "UNION", "FOR", "WHEN":
		return true
	}
	return false
}

// Compare finds the statements that tests ran and the file lacks. With stale it also
// finds those in the file that no test ran, which makes sense after all tests ran.
func Compare(file string, recorded, committed []string, stale bool) []Finding {
	recorded, committed = sorted(recorded), sorted(committed)
	var all []Finding
	for _, s := range recorded {
		if _, known := slices.BinarySearch(committed, s); !known {
			all = append(all, Finding{
				File: file, Object: quote(s), Problem: "was run by the tests, but is not in the file",
				Remedy: "run the tests with SLIPWAY_UPDATE=1 and commit the file",
			})
		}
	}
	for _, s := range committed {
		if _, known := slices.BinarySearch(recorded, s); stale && !known {
			all = append(all, Finding{
				File: file, Object: quote(s), Problem: "is in the file, but no test ran it",
				Remedy: "run all tests of the package with SLIPWAY_UPDATE=1 and commit the file",
			})
		}
	}
	return all
}

func quote(statement string) string { return fmt.Sprintf("statement `%s`", statement) }
