package postgres_test

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/postgres"
)

func TestDB_Up(t *testing.T) {
	t.Parallel()
	kit := ladder("CREATE TABLE kit (id integer);", "DROP TABLE kit;")
	module := ladder(itemsUp, itemsDown)

	t.Run("ErrSaysWhere", func(t *testing.T) {
		t.Parallel()
		err := open(t).Up(t.Context(), nil, ladder("CREATE TABLE a (id integer);\n\nCREATE TABLE b (\n    id nosuchtype\n);", ""))
		for _, part := range []string{"00001_step.sql, line 5", `type "nosuchtype" does not exist`, "CREATE TABLE b"} {
			if err == nil || !strings.Contains(err.Error(), part) {
				t.Errorf("Up() = %v, want an error with %q", err, part)
			}
		}
	})

	t.Run("ErrTheContextEndsWhileAnotherMigrates", func(t *testing.T) {
		t.Parallel()
		db := open(t)
		ctx, cancel := context.WithCancel(t.Context())
		var others sync.WaitGroup
		others.Go(func() {
			slow := ladder("SELECT pg_sleep(1);", "")
			if err := open(t, func(c *postgres.Config) { c.Schema = db.Schema() }).Up(t.Context(), nil, slow); err != nil {
				t.Errorf("Up() of the first = %v", err)
			}
		})
		for !migrating(t, db.Schema()) {
			time.Sleep(time.Millisecond) // it is another process, in effect
		}
		time.AfterFunc(20*time.Millisecond, cancel)
		if err := db.Up(ctx, nil, module); !errors.Is(err, context.Canceled) {
			t.Errorf("Up() = %v, want context.Canceled", err)
		}
		others.Wait()
	})

	t.Run("ManyAtOnce", func(t *testing.T) {
		t.Parallel()
		first := open(t)
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				db := open(t, func(c *postgres.Config) { c.Schema = first.Schema() })
				if err := db.Up(t.Context(), kit, module); err != nil {
					t.Errorf("Up() = %v", err)
				}
			})
		}
		all.Wait()
		mustExec(t, first, "INSERT INTO items VALUES (1)")
		mustExec(t, first, "INSERT INTO kit VALUES (1)")
	})

	t.Run("NothingToDo", func(t *testing.T) {
		t.Parallel()
		if err := open(t).Up(t.Context(), nil, ladder()); err != nil {
			t.Errorf("Up() = %v", err)
		}
	})

	t.Run("ByTheSchemasOwnerAlone", func(t *testing.T) {
		t.Parallel()
		name := "owner_" + unique()
		execAll(t.Context(), t, serverURL(t), "CREATE ROLE "+name+" LOGIN PASSWORD 'x'", "CREATE SCHEMA "+name+" AUTHORIZATION "+name)
		address, err := url.Parse(serverURL(t))
		if err != nil {
			t.Fatal(err)
		}
		address.User = url.UserPassword(name, "x")
		db := open(t, func(c *postgres.Config) { c.URL, c.Schema = config.Secret(address.String()), name })
		if err := db.Up(t.Context(), kit, module); err != nil {
			t.Errorf("Up() = %v, want no need of other rights", err)
		}
		if got := count(t, db); got != 0 {
			t.Errorf("%d rows, want 0", got)
		}
	})

	t.Run("ASchemaNamedLikeAWordOfSQL", func(t *testing.T) {
		t.Parallel()
		address := ownDatabase(t)
		db := open(t, func(c *postgres.Config) { c.URL, c.Schema = config.Secret(address), "order" })
		if err := db.Up(t.Context(), kit, module); err != nil {
			t.Errorf("Up() = %v", err)
		}
		if err := db.Down(t.Context(), module, 0); err != nil {
			t.Errorf("Down() = %v", err)
		}
	})

	t.Run("OfAnOlderVersionOfTheModule", func(t *testing.T) {
		t.Parallel()
		db := open(t)
		newer := ladder(itemsUp, itemsDown, "ALTER TABLE items ADD COLUMN m integer;", "ALTER TABLE items DROP COLUMN m;")
		if err := db.Up(t.Context(), kit, newer); err != nil {
			t.Fatalf("Up() of the newer = %v", err)
		}
		if err := db.Up(t.Context(), kit, module); err != nil {
			t.Errorf("Up() of the older = %v, want it to run beside the newer during a deployment", err)
		}
	})
}

// migrating reports whether someone has begun in the schema.
func migrating(t *testing.T, schema string) (begun bool) {
	t.Helper()
	db := open(t)
	const versions = "SELECT EXISTS (SELECT FROM pg_tables WHERE schemaname = $1)"
	if err := db.QueryRow(t.Context(), versions, schema).Scan(&begun); err != nil {
		t.Fatalf("look for the table of versions: %v", err)
	}
	return begun
}

// ownDatabase is for tests whose schema has a name that others could have too.
func ownDatabase(t *testing.T) string {
	t.Helper()
	name := "t_" + unique()
	execAll(t.Context(), t, serverURL(t), "CREATE DATABASE "+name)
	address, err := url.Parse(serverURL(t))
	if err != nil {
		t.Fatal(err)
	}
	address.Path = "/" + name
	return address.String()
}

func TestDB_Down(t *testing.T) {
	t.Parallel()
	db := open(t)
	module := ladder(itemsUp, itemsDown, "ALTER TABLE items ADD COLUMN m integer;", "ALTER TABLE items DROP COLUMN m;")
	kit := ladder("CREATE TABLE kit (id integer);", "DROP TABLE kit;")
	if err := db.Up(t.Context(), kit, module); err != nil {
		t.Fatalf("Up() = %v", err)
	}

	if err := db.Down(t.Context(), module, 1); err != nil {
		t.Errorf("Down(1) = %v", err)
	}
	if _, err := db.Exec(t.Context(), "SELECT m FROM items"); err == nil {
		t.Error("the column of version 2 is still there")
	}
	mustExec(t, db, "SELECT id FROM items")
	if err := db.Down(t.Context(), module, 0); err != nil {
		t.Errorf("Down(0) = %v", err)
	}
	mustExec(t, db, "SELECT id FROM kit")
	if err := db.DownKit(t.Context(), kit, 0); err != nil {
		t.Errorf("DownKit(0) = %v", err)
	}
	if err := db.Up(t.Context(), kit, module); err != nil {
		t.Errorf("Up() again = %v", err)
	}
}
