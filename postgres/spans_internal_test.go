package postgres

import (
	"strings"
	"testing"
)

func TestDescribe(t *testing.T) {
	t.Parallel()
	for sql, want := range map[string]string{
		"select id, owner from carts where id = $1":                              "SELECT carts",
		"\n\tSELECT * FROM (SELECT 1 FROM inner_ones) AS x":                      "SELECT inner_ones",
		"SELECT count(*) FROM unnest($1::text[]) AS j (job), kit_delivery":       "SELECT",
		"INSERT INTO cart.items(id) VALUES ($1) ON CONFLICT DO UPDATE SET n = 1": "INSERT cart.items",
		"UPDATE kit_delivery SET state = 'done'":                                 "UPDATE kit_delivery",
		"SELECT id FROM carts FOR UPDATE SKIP LOCKED":                            "SELECT carts",
		"SELECT pg_sleep(1) FOR UPDATE SKIP LOCKED":                              "SELECT",
		"WITH x AS (UPDATE a SET b = 1 RETURNING c) SELECT c FROM x":             "WITH a",
		"WITH x AS (SELECT 1) UPDATE a SET b = 1":                                "WITH a",
		"begin":                  "BEGIN",
		"COMMIT;":                "COMMIT",
		"-- a comment\nselect 1": "SQL",
		"":                       "SQL",
		"(select 1 from a)":      "SELECT a",
		"SELECT 1 FROM":          "SELECT",
	} {
		if got := describe("cart", sql).summary; got != want {
			t.Errorf("%q is %q, want %q", sql, got, want)
		}
	}
}

func TestSpans_RemembersFewStatements(t *testing.T) {
	t.Parallel()
	s, _ := Traced("cart", nil).(*spans)
	for n := range 3 * maxDescribed {
		s.describe(strings.Repeat("SELECT ", n%7) + strings.Repeat("x", n))
	}
	s.describe(strings.Repeat("x", maxRemembered+1))
	if len(s.known) != maxDescribed {
		t.Errorf("%d statements are remembered, want %d", len(s.known), maxDescribed)
	}
	if got := s.describe("DELETE FROM " + strings.Repeat("x", 1<<20)); len(got.text) > maxStatement+len("…") || len(got.summary) > maxSummary+len("…") {
		t.Errorf("a span tells %d bytes of a statement, and %d in its name", len(got.text), len(got.summary))
	}
}
