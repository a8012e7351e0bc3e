package ladder

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// candidates are texts for a column, the most likely first. n makes them differ
// from row to row; checks are the constraints that look at the column.
func (c column) candidates(n int, checks []constraint) []string {
	plain := c.plain(n)
	var own, shared []string
	for _, check := range checks {
		said := c.from(check.Definition, plain[0])
		if len(check.Columns) == 1 {
			own = append(own, said...)
		} else {
			shared = append(shared, said...)
		}
	}
	all := slices.Concat(own, plain[:1], shared, plain[1:])
	return distinct(slices.DeleteFunc(all, func(v string) bool { return !c.fits(v) }))
}

// fits leaves out what the type would refuse for its length.
func (c column) fits(v string) bool {
	limit := c.limit()
	return limit == 0 || len([]rune(v)) <= limit
}

// limit is the length of varchar(n) and char(n), 0 for any.
func (c column) limit() int {
	const header = 4
	if c.Type != "varchar" && c.Type != "bpchar" || c.Modifier <= header {
		return 0
	}
	return c.Modifier - header
}

// plain are values of the type, at least one.
func (c column) plain(n int) []string {
	switch {
	case len(c.Labels) > 0:
		return c.Labels
	case c.Category == "A":
		return c.arrays(n)
	case c.Kind == "c":
		return []string{"(" + strings.Repeat(",", max(0, c.Parts-1)) + ")"}
	case c.Kind == "r" || c.Kind == "m":
		return []string{map[string]string{"r": "empty", "m": "{}"}[c.Kind]}
	}
	if values := plainOf(c.Type, n, c.Modifier); values != nil {
		return values
	}
	switch c.Category {
	case "S":
		return c.texts(n)
	case "N":
		return numbers(n)
	}
	return []string{"1", "a", "{}", "()", "[]", "", "0", "(0,0)", "[1]"}
}

func plainOf(typ string, n, modifier int) []string {
	day := fmt.Sprintf("%d-%02d-%02d", 2020+n/336, 1+n/28%12, 1+n%28)
	const width = 12
	switch typ {
	case "bool":
		return []string{"true", "false"}
	case "uuid":
		return []string{fmt.Sprintf("00000000-0000-4000-8000-%0*x", width, n)}
	case "bytea":
		return []string{fmt.Sprintf(`\x%08x`, n), `\x`}
	case "json", "jsonb":
		return []string{"{}", "[]", `"a"`, "1", "true", "null"}
	case "date", "timestamp", "timestamptz":
		return []string{day, "2999-12-31", "1999-12-31", "infinity", "now"}
	case "time", "timetz":
		return []string{fmt.Sprintf("%02d:%02d:00", n/60%24, n%60)}
	case "interval":
		return []string{fmt.Sprintf("%d minutes", n), "1 day", "0", "-1 day"}
	case "inet", "cidr":
		return []string{fmt.Sprintf("10.%d.%d.%d", n>>16&255, n>>8&255, n&255), "2001:db8::1"}
	case "macaddr":
		return []string{fmt.Sprintf("02:00:00:%02x:%02x:%02x", n>>16&255, n>>8&255, n&255)}
	case "macaddr8":
		return []string{fmt.Sprintf("02:00:00:00:00:%02x:%02x:%02x", n>>16&255, n>>8&255, n&255)}
	case "bit":
		return []string{strings.Repeat("1", max(1, modifier)), strings.Repeat("0", max(1, modifier))}
	case "varbit":
		return []string{strconv.FormatInt(int64(n), 2)}
	case "vector":
		return []string{"[1" + strings.Repeat(",1", max(1, modifier)-1) + "]"}
	}
	return otherOf(typ, n)
}

func otherOf(typ string, n int) []string {
	switch typ {
	case "point":
		return []string{fmt.Sprintf("(%d,0)", n)}
	case "box", "lseg", "path", "polygon":
		return []string{fmt.Sprintf("((0,0),(%d,1))", n)}
	case "line":
		return []string{fmt.Sprintf("{1,2,%d}", n)}
	case "circle":
		return []string{fmt.Sprintf("<(0,0),%d>", n)}
	case "xml":
		return []string{"<a/>"}
	case "tsvector", "tsquery", "ltree":
		return []string{fmt.Sprintf("a%d", n)}
	case "pg_lsn":
		return []string{fmt.Sprintf("0/%X", n)}
	case "hstore":
		return []string{"a=>1"}
	}
	return nil
}

func numbers(n int) []string { return []string{strconv.Itoa(n), "0", "1", "-1", "100", "0.5"} }

// texts are of the forms that checks most often ask for.
func (c column) texts(n int) []string {
	const base = 36
	plain := "a" + strconv.FormatInt(int64(n), base)
	if limit := c.limit(); limit > 0 && len(plain) > limit {
		plain = plain[len(plain)-limit:]
	}
	return []string{
		plain, strings.ToUpper(plain), plain + "@example.com", "https://example.com/" + plain, "/" + plain, "a", "A", "aa", "AA",
		"aaa", "AAA", "EUR", "1", "1234", "+4915550100", "en-GB", "text/plain", "2020-01-01", "UTC", "a b", "{}", "",
	}
}

func (c column) arrays(n int) []string {
	element := column{Type: c.Element, Category: "S"}
	one := element.plain(n)[0]
	if strings.HasPrefix(c.Element, "int") || strings.HasPrefix(c.Element, "float") || c.Element == "numeric" {
		one = strconv.Itoa(n)
	}
	return []string{"{}", arrayOf(one, 1), arrayOf(one, 2)}
}

func arrayOf(element string, n int) string {
	quoted := `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(element) + `"`
	return "{" + strings.TrimSuffix(strings.Repeat(quoted+",", n), ",") + "}"
}

func distinct(all []string) []string {
	var once []string
	for _, v := range all {
		if !slices.Contains(once, v) {
			once = append(once, v)
		}
	}
	return once
}
