package revocation_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/modules/sso"
	"github.com/slipway-go/slipway/modules/sso/internal/revocation"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/slipwaytest"
)

func TestMain(m *testing.M) { slipwaytest.Main(m) }

// A reader is a process that keeps a list, as the verifier does.
type reader struct {
	store  *revocation.Store
	cursor string
	known  map[auth.RevocationKey]auth.Revocation
	pages  int
}

func newStore(t *testing.T) (*revocation.Store, *postgres.DB) {
	t.Helper()
	db := slipwaytest.Commit(t, sso.New()).DB("sso")
	return revocation.NewStore(db), db
}

func newReader(store *revocation.Store) *reader {
	return &reader{store: store, known: map[auth.RevocationKey]auth.Revocation{}}
}

// look reads to the end of the list and returns how many it knows.
func (r *reader) look(t *testing.T) int {
	t.Helper()
	for more := true; more; {
		page, err := r.store.After(t.Context(), r.cursor)
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range page.Revoked {
			r.known[one.Key] = one
		}
		r.cursor, more = page.Cursor, page.More
		r.pages++
	}
	return len(r.known)
}

func revoke(t *testing.T, q postgres.Querier, session string) {
	t.Helper()
	if err := revocation.Revoke(t.Context(), q, auth.SessionKey(session), time.Time{}); err != nil {
		t.Fatal(err)
	}
}

// The row of a transaction that began first and commits last has a lower number than
// those that have been read by then.
func TestAfter_CommitsThatComeLate(t *testing.T) {
	t.Parallel()
	store, db := newStore(t)
	r := newReader(store)

	err := db.InTx(t.Context(), func(_ context.Context, early postgres.Tx) error {
		revoke(t, early, "early")
		for i := range 10 {
			revoke(t, db, fmt.Sprint("late ", i))
			if got, want := r.look(t), i+1; got != want {
				t.Errorf("knows %d revocations, want %d, and none that has not happened yet", got, want)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if r.look(t); r.known[auth.SessionKey("early")].Until.IsZero() {
		t.Error("the revocation whose transaction began first and committed last was missed")
	}
}

// The same, while the list is read page by page.
func TestAfter_CommitsThatComeBetweenPages(t *testing.T) {
	t.Parallel()
	store, db := newStore(t)
	r := newReader(store.WithPages(3))
	err := db.InTx(t.Context(), func(_ context.Context, early postgres.Tx) error {
		revoke(t, early, "early")
		for i := range 10 {
			revoke(t, db, fmt.Sprint("late ", i))
		}
		page, err := r.store.After(t.Context(), "")
		if err == nil && !page.More {
			t.Errorf("After() = %+v; want a first page of several", page)
		}
		r.cursor = page.Cursor
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	r.look(t)
	r.look(t)
	if r.known[auth.SessionKey("early")].Until.IsZero() {
		t.Error("the revocation that was committed between two pages was missed")
	}
}

func TestAfter_Pages(t *testing.T) {
	t.Parallel()
	store, db := newStore(t)
	// One transaction revokes more than a page holds, two of them alike.
	err := db.InTx(t.Context(), func(_ context.Context, tx postgres.Tx) error {
		for i := range 10 {
			revoke(t, tx, fmt.Sprint(i))
			if err := revocation.Revoke(t.Context(), tx, auth.SessionKey(fmt.Sprint(i)), time.Now()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{1, 3, 20, 1000} {
		r := newReader(store.WithPages(size))
		if got := r.look(t); got != 10 {
			t.Errorf("in pages of %d: %d revocations, want 10", size, got)
		}
		if most := 20/size + 2; r.pages > most {
			t.Errorf("in pages of %d: %d pages, want at most %d", size, r.pages, most)
		}
		revoke(t, db, fmt.Sprint("size ", size))
		if r.look(t); r.known[auth.SessionKey(fmt.Sprint("size ", size))].Until.IsZero() {
			t.Errorf("in pages of %d: what came after the list was read is missed", size)
		}
		if _, err := db.Exec(t.Context(), `DELETE FROM revocations WHERE key = $1`, keyOf(fmt.Sprint("size ", size))); err != nil {
			t.Fatal(err)
		}
	}
}

func keyOf(session string) []byte {
	key := auth.SessionKey(session)
	return key[:]
}

// A database that was restored has seen fewer transactions than its readers.
func TestAfter_CursorFromTheFuture(t *testing.T) {
	t.Parallel()
	store, db := newStore(t)
	revoke(t, db, "s1")
	for _, cursor := range []string{"18446744073709551615", "9000000000000000000.9000000000000000000." + fmt.Sprintf("%x", keyOf("s1"))} {
		r := newReader(store)
		r.cursor = cursor
		if r.look(t); r.known[auth.SessionKey("s1")].Until.IsZero() {
			t.Errorf("after %s: nothing is told, want the list from the start", cursor)
		}
		r.look(t)
		if r.pages > 3 || len(r.cursor) > 19 {
			t.Errorf("after %s: the cursor is %s, want one of this database", cursor, r.cursor)
		}
	}
}

func TestAfter_CursorThatIsNone(t *testing.T) {
	t.Parallel()
	store, _ := newStore(t)
	for _, cursor := range []string{"x", "-1", "18446744073709551616", "1.2", "1.x.00", "x.1.00", "1.2.zz", "1.2.00.4", ".", "..", "1;DROP TABLE revocations"} {
		if page, err := store.After(t.Context(), cursor); !errors.Is(err, revocation.ErrCursor) {
			t.Errorf("After(%q) = %+v, %v; want ErrCursor", cursor, page, err)
		}
	}
}

func TestRevoke(t *testing.T) {
	t.Parallel()
	store, db := newStore(t)
	before := time.Now().Truncate(time.Microsecond)
	if err := revocation.Revoke(t.Context(), db, auth.ClientKey("crm"), before); err != nil {
		t.Fatal(err)
	}
	r := newReader(store)
	r.look(t)
	got := r.known[auth.ClientKey("crm")]
	if !got.Before.Equal(before) || time.Until(got.Until) < time.Hour {
		t.Errorf("got %+v, want one of what came before %s, for as long as a token may live", got, before)
	}
}

func TestSweep(t *testing.T) {
	t.Parallel()
	store, db := newStore(t)
	revoke(t, db, "old")
	if _, err := db.Exec(t.Context(), `UPDATE revocations SET until = now() - interval '1 second'`); err != nil {
		t.Fatal(err)
	}
	revoke(t, db, "new")
	if got := newReader(store).look(t); got != 1 {
		t.Errorf("%d revocations are told, want 1: the other has no tokens left", got)
	}
	if err := store.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	var left int
	if err := db.QueryRow(t.Context(), `SELECT count(*) FROM revocations`).Scan(&left); err != nil || left != 1 {
		t.Errorf("%d rows are left, %v; want 1", left, err)
	}
}
