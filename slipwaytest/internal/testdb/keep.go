package testdb

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/slipwaytest/internal/ci"
)

// KeepVariable says whether the databases of failed tests are kept: 1 or 0. Without
// it they are, but not where CI is set, since nobody is there to look.
const KeepVariable = "SLIPWAY_TEST_KEEP"

const (
	keepFor = 15 * time.Minute
	// mostKept bounds what a bad day costs in memory: about 8 MB each.
	mostKept = 5
)

// keeps takes a place among the databases that this process keeps, if it keeps any;
// if not, it tells why, if a person should know.
func (p *Process) keeps() (bool, string) {
	switch value := os.Getenv(KeepVariable); {
	case value == "1":
	case value != "":
		return false, ""
	case ci.Runs():
		return false, "its database is not kept, since CI is set; with " + KeepVariable + "=1 it would be, for " + keepFor.String() + ", and the address to look into it printed here"
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.kept >= mostKept {
		return false, fmt.Sprintf("its database is not kept, since %d of other tests are; run this test alone", mostKept)
	}
	p.kept++
	return true, ""
}

// keepsNot gives back the place that keeps has taken.
func (p *Process) keepsNot() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.kept--
}

// keepCommit keeps the database of a failed test, and reports whether it did.
func (p *Process) keepCommit(ctx context.Context, t testing.TB, c *clone) bool {
	t.Helper()
	yes, why := p.keeps()
	if !yes {
		say(t, c, why)
		return false
	}
	if err := p.keep(ctx, t, c); err != nil {
		p.keepsNot()
		t.Logf("database of %s: it cannot be kept: %v", c.template.module, err)
		return false
	}
	return true
}

// keepTx keeps what the transaction of a failed test sees: a copy, since nobody else
// can look into a transaction.
func (p *Process) keepTx(ctx context.Context, t testing.TB, c *clone, db *postgres.DB) {
	t.Helper()
	yes, why := p.keeps()
	if !yes {
		say(t, c, why)
		return
	}
	var untouched bool
	err := db.Inspect(ctx, func(conn *pgx.Conn) error {
		if err := conn.QueryRow(ctx, "SELECT pg_current_xact_id_if_assigned() IS NULL").Scan(&untouched); err != nil || untouched {
			return err
		}
		return p.copyOut(ctx, t, c)
	})
	if err != nil || untouched {
		p.keepsNot()
	}
	if err != nil {
		t.Logf("database of %s: it cannot be kept: %v", c.template.module, err)
	}
}

// copyOut copies the rows and the sequences into another clone.
func (p *Process) copyOut(ctx context.Context, t testing.TB, c *clone) error {
	t.Helper()
	p.mu.Lock()
	to, err := p.cloneOf(ctx, c.template)
	p.mu.Unlock()
	if err != nil {
		return err
	}
	if err := copyInto(ctx, c, to); err != nil {
		return errors.Join(err, p.discard(ctx, to))
	}
	if err := p.keep(ctx, t, to); err != nil {
		return errors.Join(err, p.discard(ctx, to))
	}
	return nil
}

func copyInto(ctx context.Context, from, to *clone) error {
	begin := "BEGIN; SET LOCAL session_replication_role = replica"
	if to.mayReset(ctx) != nil {
		begin = "BEGIN; SET CONSTRAINTS ALL DEFERRED" // tables come in the order in which they were made
	}
	if err := to.conn.PgConn().Exec(ctx, begin).Close(); err != nil {
		return err
	}
	for _, table := range from.seed.Tables {
		if err := copyTable(ctx, from, to, table); err != nil {
			return fmt.Errorf("copy %s: %w", table, err)
		}
	}
	sequences, err := positions(ctx, from.conn, from.seed.Sequences)
	if err != nil {
		return err
	}
	return to.conn.PgConn().Exec(ctx, sequences+"COMMIT").Close()
}

func copyTable(ctx context.Context, from, to *clone, table string) error {
	var rows bytes.Buffer
	if _, err := from.conn.PgConn().CopyTo(ctx, &rows, "COPY "+table+" TO STDOUT (FORMAT binary)"); err != nil {
		return err
	}
	if err := to.conn.PgConn().Exec(ctx, "DELETE FROM ONLY "+table).Close(); err != nil {
		return err
	}
	_, err := to.conn.PgConn().CopyFrom(ctx, &rows, "COPY "+table+" FROM STDIN (FORMAT binary)")
	return err
}

// keep lets go of a clone so that it stays, and tells where it is. After an error
// the clone is as it was: connected, and this process's.
func (p *Process) keep(ctx context.Context, t testing.TB, c *clone) error {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	a := &p.admin
	var now time.Time // the server's: a test may have a time of its own
	if err := a.conn.QueryRow(ctx, "SELECT clock_timestamp()").Scan(&now); err != nil {
		return err
	}
	until := now.Add(keepFor).Truncate(time.Second)
	if a.private != nil {
		if err := a.private.KeepUntil(until); err != nil {
			return err
		}
	}
	if err := a.note(ctx, c.name, noteKept+until.UTC().Format(time.RFC3339)); err != nil {
		return err
	}
	_ = c.conn.Close(ctx)     // gone or not
	_ = a.unlock(ctx, c.name) // fails where the session is lost, and the lock with it
	say(t, c, fmt.Sprintf("it is kept until %s for you to look into it:\n    %s\n    psql '%s'",
		until.Local().Format(time.TimeOnly), withoutPassword(c.address, ""), withoutPassword(c.address, c.template.module)))
	return nil
}

func say(t testing.TB, c *clone, what string) {
	t.Helper()
	if what != "" {
		t.Logf("database of %s: %s", c.template.module, what)
	}
}

// withoutPassword returns the address, which ends up in a log, for a person who knows
// the password; with a schema unqualified names are those of its tables.
func withoutPassword(address, schema string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address // it was parsed before
	}
	if _, has := u.User.Password(); has {
		u.User = url.User(u.User.Username())
	}
	q := u.Query()
	q.Del("password")
	if schema != "" {
		q.Set("options", "-csearch_path="+schema)
	}
	// libpq takes a plus for a plus.
	u.RawQuery = strings.ReplaceAll(q.Encode(), "+", "%20")
	return u.String()
}
