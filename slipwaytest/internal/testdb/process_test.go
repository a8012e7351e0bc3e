package testdb_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway/slipwaytest/internal/testdb"
)

func TestProcess_badServers(t *testing.T) {
	t.Parallel()

	t.Run("an address that is none", func(t *testing.T) {
		t.Parallel()
		p := &testdb.Process{Server: "localhost:5432"}
		_, err := p.Tx(t.Context(), t, uniqueModule(t, jobs), nil)
		if err == nil || !strings.Contains(err.Error(), "SLIPWAY_TEST_DATABASE_URL: expected an address such as postgres://") {
			t.Errorf("Tx() = %v, want what was expected", err)
		}
	})

	t.Run("an account that may not create databases", func(t *testing.T) {
		t.Parallel()
		p := &testdb.Process{Server: serverAs(t, "LOGIN")}
		t.Cleanup(func() { _ = p.Close() })
		_, err := p.Tx(t.Context(), t, uniqueModule(t, jobs), nil)
		if err == nil || !strings.Contains(err.Error(), "ALTER ROLE … CREATEDB") {
			t.Errorf("Tx() = %v, want the right that is missing", err)
		}
	})

	t.Run("a disk that is full", func(t *testing.T) {
		t.Parallel()
		const full = "DO $$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$;"
		p := newProcess(t)
		_, err := p.Tx(t.Context(), t, uniqueModule(t, "-- +goose StatementBegin\n"+full+"\n-- +goose StatementEnd"), nil)
		if err == nil || !strings.Contains(err.Error(), "df -h") {
			t.Errorf("Tx() = %v, want what to do", err)
		}
		for name, open := range modes {
			test := &record{TB: t}
			db, err := open(p, t.Context(), test, uniqueModule(t, jobs), nil)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := db.Exec(t.Context(), full); err == nil {
				t.Error("Exec() = nil, want an error")
			}
			test.end()
			if !strings.Contains(test.said(), "df -h") {
				t.Errorf("%s: the test says %q, want what to do", name, test.said())
			}
		}
	})

	t.Run("none to be found", func(t *testing.T) {
		t.Parallel()
		out := output(t, withoutPostgres(t, child(t, "hold", "m", "PATH=", "TMPDIR="+t.TempDir(), testdb.ServerVariable+"=")))
		for _, want := range []string{"no PostgreSQL 15 or newer was found", "Install", testdb.ServerVariable} {
			if !strings.Contains(out, want) {
				t.Errorf("it says %q, want %q in it", out, want)
			}
		}
	})
}

// withoutPostgres hides what is installed from a command.
func withoutPostgres(t *testing.T, c *exec.Cmd) *exec.Cmd {
	t.Helper()
	unshare, err := exec.LookPath("unshare")
	if err != nil {
		t.Skip("unshare hides the installed PostgreSQL, and is not here")
	}
	const hide = `for d in /usr/lib/postgresql /usr/pgsql-*; do if [ -d "$d" ]; then mount -t tmpfs none "$d" || exit 99; fi; done; exec "$0"`
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Fatal(err)
	}
	flags := "-m"
	if os.Geteuid() != 0 {
		flags = "-rm"
	}
	hidden := exec.CommandContext(t.Context(), unshare, flags, sh, "-c", "PATH=/usr/sbin:/usr/bin:/sbin:/bin; "+strings.Replace(hide, "exec", "PATH=; exec", 1), c.Path)
	hidden.Env = c.Env
	if err := exec.CommandContext(t.Context(), unshare, flags, "mount", "-t", "tmpfs", "none", t.TempDir()).Run(); err != nil {
		t.Skipf("unshare hides the installed PostgreSQL, and may not here: %v", err)
	}
	return hidden
}

// serverAs is the server for a new role.
func serverAs(t *testing.T, rights string) string {
	t.Helper()
	role := strings.TrimPrefix(testdb.UniqueName("role"), testdb.Prefix)
	if _, err := admin(t).Exec(t.Context(), "CREATE ROLE "+role+" "+rights); err != nil {
		t.Fatal(err)
	}
	return strings.Replace(serverURL(t), "//postgres@", "//"+role+"@", 1)
}

func TestProcess_killed(t *testing.T) {
	t.Parallel()
	m := uniqueModule(t, jobs)
	c := child(t, "hold", m.Name(), testdb.ServerVariable+"="+serverURL(t))
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.StdinPipe(); err != nil { // open as long as it lives
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	if line, _ := bufio.NewReader(out).ReadString('\n'); line != "holds <nil>\n" {
		t.Fatalf("the child says %q", line)
	}
	held := databasesOf(t, m)
	if len(held) != 4 {
		t.Fatalf("databases = %q, want a template, two clones and one more", held)
	}
	if _, err := newProcess(t).Tx(t.Context(), t, uniqueModule(t, jobs), nil); err != nil { // another run, at once
		t.Fatal(err)
	}
	if got := databasesOf(t, m); len(got) != len(held) {
		t.Errorf("another run left %q of %q", got, held)
	}
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = c.Wait() // killed
	awaitNobody(t, held)

	next, err := newProcess(t).Tx(t.Context(), t, m, nil)
	if err != nil {
		t.Fatal(err)
	}
	if n := read[int](t, next, "SELECT count(*) FROM jobs"); n != 2 {
		t.Errorf("%d jobs, want 2", n)
	}
	if got := databasesOf(t, m); len(got) != 2 {
		t.Errorf("databases = %q, want the template and one clone", got)
	}
}

// awaitNobody waits until the server has noticed that a process is gone.
func awaitNobody(t *testing.T, databases []string) {
	t.Helper()
	conn := admin(t)
	for began := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		if read[int](t, conn, "SELECT count(*) FROM pg_stat_activity WHERE datname = ANY ($1)", databases) == 0 {
			return
		}
		if time.Since(began) > 10*time.Second {
			t.Fatal("the connections of the killed process are still there after 10 s")
		}
	}
}

func TestProcess_twoAtOnce(t *testing.T) {
	t.Parallel()
	m := uniqueModule(t, jobs)
	var wg sync.WaitGroup
	for range 3 {
		p := newProcess(t)
		for range 4 {
			wg.Go(func() {
				for _, open := range modes {
					test := &record{TB: t}
					db, err := open(p, t.Context(), test, m, nil)
					if err != nil {
						t.Error(err)
						return
					}
					// The same key in all of them: who shared a database would wait, or lose.
					_, err = db.Exec(t.Context(), "INSERT INTO jobs VALUES (3)")
					var n int
					if err == nil {
						err = db.QueryRow(t.Context(), "SELECT count(*) FROM jobs").Scan(&n)
					}
					if err != nil || n != 3 {
						t.Errorf("%d jobs, %v; want 3", n, err)
					}
					test.end()
					if test.Failed() {
						t.Error(test.errors())
					}
				}
			})
		}
	}
	wg.Wait()
}

func TestProcess_halfBuiltTemplate(t *testing.T) {
	t.Parallel()
	m := uniqueModule(t, jobs)
	first := &testdb.Process{Server: serverURL(t)}
	if _, err := first.Database(t.Context(), testdb.UniqueName(m.Name())); err != nil {
		t.Fatal(err)
	}
	test := &record{TB: t}
	if _, err := first.Tx(t.Context(), test, m, nil); err != nil {
		t.Fatal(err)
	}
	test.end()
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	left := databasesOf(t, m) // the template, and a clone for the next
	if len(left) != 2 {
		t.Fatalf("databases = %q, want the template and one clone", left)
	}
	conn := admin(t)
	for _, sql := range []string{
		"DROP DATABASE " + left[1], "DROP DATABASE " + left[0], "CREATE DATABASE " + left[0], // as one that was begun
	} {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	db, err := newProcess(t).Tx(t.Context(), t, m, nil)
	if err != nil {
		t.Fatal(err)
	}
	if n := read[int](t, db, "SELECT count(*) FROM jobs"); n != 2 {
		t.Errorf("%d jobs, want 2", n)
	}
}

func TestProcess_sweep(t *testing.T) {
	t.Parallel()
	conn, unique := admin(t), strings.TrimPrefix(testdb.UniqueName("s"), testdb.Prefix)
	const hash = "_0123456789abcdef"
	stays := map[string]string{
		"mine_" + unique:                            "",
		testdb.Prefix + unique + "x1":               "",
		testdb.Prefix + unique + "_a" + hash:        "slipwaytest: complete template, used on " + time.Now().Add(-24*time.Hour).Format(time.DateOnly),
		testdb.Prefix + unique + "_b" + hash + "_1": "slipwaytest: kept for a failed test until " + time.Now().Add(time.Hour).Format(time.RFC3339),
		testdb.Prefix + unique + "_c" + hash + "_1": "slipwaytest: free and clean since " + time.Now().Format(time.RFC3339),
	}
	goes := map[string]string{
		testdb.Prefix + unique + "_d" + hash:        "slipwaytest: complete template, used on 2020-01-01",
		testdb.Prefix + unique + "_e" + hash + "_1": "slipwaytest: free and clean since 2020-01-01T00:00:00Z",
		testdb.Prefix + unique + "_f" + hash + "_2": "slipwaytest: kept for a failed test until 2020-01-01T00:00:00Z",
		testdb.Prefix + unique + "_g" + hash:        "",
	}
	for _, all := range []map[string]string{stays, goes} {
		for name, note := range all {
			for _, sql := range []string{"CREATE DATABASE " + name, fmt.Sprintf("COMMENT ON DATABASE %s IS '%s'", name, note)} {
				if _, err := conn.Exec(t.Context(), sql); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	t.Cleanup(func() {
		for name := range stays {
			_, _ = conn.Exec(context.Background(), "DROP DATABASE "+name)
		}
	})
	if _, err := newProcess(t).Tx(t.Context(), t, uniqueModule(t, jobs), nil); err != nil {
		t.Fatal(err)
	}
	rows, _ := conn.Query(t.Context(), "SELECT datname FROM pg_database WHERE datname LIKE '%' || $1 || '%'", unique)
	left, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range left {
		if _, ok := stays[name]; !ok {
			t.Errorf("%s is left", name)
		}
		delete(stays, name)
	}
	for name := range stays {
		t.Errorf("%s is gone", name)
	}
}

func TestProcess_privateServer(t *testing.T) {
	t.Parallel()
	folder := shortFolder(t)
	out := output(t, child(t, "fail", "cart", "TMPDIR="+folder, testdb.ServerVariable+"=", testdb.KeepVariable+"=1", "CI="))
	address := psqlLine.FindStringSubmatch(out)
	if address == nil || !strings.Contains(out, "closed <nil>") {
		t.Fatalf("the child says %q, want an address, and an end", out)
	}
	t.Cleanup(func() { forgetKept(t, folder) })
	conn, err := pgx.Connect(t.Context(), address[1])
	if err != nil {
		t.Fatalf("connect to what is kept after the end of its process: %v", err)
	}
	defer conn.Close(context.Background()) //nolint:errcheck // nothing is lost
	if n := read[int](t, conn, "SELECT count(*) FROM jobs"); n != 3 {
		t.Errorf("%d jobs, want 3", n)
	}
}

// forgetKept ends a server before its time, and waits until it has removed its data:
// without the folder, which goes with the test, it would not know that they are its own.
func forgetKept(t *testing.T, folder string) {
	t.Helper()
	dir := filepath.Join(folder, fmt.Sprintf("slipway-test-%d", os.Getuid()))
	text, err := os.ReadFile(filepath.Join(dir, "server.json"))
	var running struct{ Data string }
	if err == nil {
		err = json.Unmarshal(text, &running)
	}
	if err == nil {
		err = os.Remove(filepath.Join(dir, "kept"))
	}
	if err != nil {
		t.Fatal(err)
	}
	for began := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		if _, err := os.Stat(running.Data); errors.Is(err, fs.ErrNotExist) {
			return
		}
		if time.Since(began) > 10*time.Second {
			t.Fatalf("the server's data in %s are still there after 10 s", running.Data)
		}
	}
}

// shortFolder is one in which a socket has room.
func shortFolder(t *testing.T) string {
	t.Helper()
	folder, err := os.MkdirTemp("/tmp", "slipway-") //nolint:usetesting // whose names are long
	if err == nil {
		err = os.Chmod(folder, 0o711) //nolint:gosec // the server's account passes
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	return folder
}
