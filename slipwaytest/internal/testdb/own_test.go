package testdb_test

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway/slipwaytest/internal/testdb"
)

func TestProcess_Database_leavesWhatIsNotItsOwn(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]struct{ database, want string }{
		"of a test, made by somebody else": {testdb.UniqueName("shop"), "already exists"},
		"of another name":                  {strings.TrimPrefix(testdb.UniqueName("shop"), testdb.Prefix), "is not the name of a test's database"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn, quoted := admin(t), pgx.Identifier{in.database}.Sanitize()
			for _, sql := range []string{
				"CREATE DATABASE " + quoted,
				"COMMENT ON DATABASE " + quoted + " IS 'slipwaytest: kept for a failed test until 2999-01-01T00:00:00Z'", // so that no sweep takes it
			} {
				if _, err := conn.Exec(t.Context(), sql); err != nil {
					t.Fatal(err)
				}
			}
			p := &testdb.Process{Server: serverURL(t)}
			if _, err := p.Database(t.Context(), in.database); err == nil || !strings.Contains(err.Error(), in.want) {
				t.Errorf("Database(%s) = %v, want an error with %q", in.database, err, in.want)
			}
			if err := p.Close(); err != nil {
				t.Error(err)
			}
			if _, err := conn.Exec(t.Context(), "DROP DATABASE "+quoted); err != nil {
				t.Errorf("drop what the process did not make: %v", err)
			}
		})
	}
}

func TestProcess_Database_refusesANameInUse(t *testing.T) {
	t.Parallel()
	name := testdb.UniqueName("shop")
	first, second := newProcess(t), newProcess(t)
	if _, err := first.Database(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	for _, p := range []*testdb.Process{first, second} {
		if _, err := p.Database(t.Context(), name); err == nil || !strings.Contains(err.Error(), "is in use") {
			t.Errorf("Database(%s) = %v, want an error that it is in use", name, err)
		}
	}
	if err := second.Close(); err != nil {
		t.Fatal(err)
	}
	var exists bool
	if err := admin(t).QueryRow(t.Context(), "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name).Scan(&exists); err != nil || !exists {
		t.Errorf("the first's database exists = %t, %v, want it to be there after the second has closed", exists, err)
	}
}
