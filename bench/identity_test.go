package main

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// The refresh is compared with its own statements, and with no others.
func TestIdentity_statementsAreTheModules(t *testing.T) {
	t.Parallel()
	recorded, err := os.ReadFile("../modules/sso/testdata/sso.queries.sql")
	if err != nil {
		t.Fatal(err)
	}
	known := oneLine(string(recorded))
	for name, sql := range map[string]string{
		"findToken": findToken, "consumeToken": consumeToken, "insertToken": insertToken, "noteAnswer": noteAnswer, "permissions": permissions,
	} {
		if !strings.Contains(known, oneLine(sql)+";") {
			t.Errorf("%s is no statement of the module's any more; copy the one of package session or of accounts.go to identity_refresh.go:\n%s", name, sql)
		}
	}
}

var space = regexp.MustCompile(`\s+`)

func oneLine(sql string) string { return strings.TrimSpace(space.ReplaceAllString(sql, " ")) }
