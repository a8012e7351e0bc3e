package postgres_test

import (
	"context"
	"hash/fnv"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway/postgres"
)

// key is one that no other test has.
func key() int64 {
	h := fnv.New64()
	_, _ = h.Write([]byte(unique()))
	return int64(h.Sum64())
}

func openLocks(t testing.TB) *postgres.Locks {
	t.Helper()
	l := postgres.NewLocks(open(t))
	t.Cleanup(l.Close)
	return l
}

// wantLock fails the test unless TryLock says want.
func wantLock(t testing.TB, l *postgres.Locks, key int64, want bool) {
	t.Helper()
	if got, err := l.TryLock(t.Context(), key); err != nil || got != want {
		t.Errorf("TryLock() = %t, %v, want %t", got, err, want)
	}
}

// endSession ends the session that holds the lock, as a server's administrator would.
func endSession(t testing.TB, key int64) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), serverURL(t))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background()) //nolint:errcheck // nothing is lost
	var ended bool
	err = conn.QueryRow(t.Context(), `SELECT pg_terminate_backend(pid, 5000) FROM pg_locks
		 WHERE locktype = 'advisory' AND (classid::bigint << 32) | objid::bigint = $1`, key).Scan(&ended)
	if err != nil || !ended {
		t.Fatalf("end the session: %t, %v", ended, err)
	}
}

func TestLocks(t *testing.T) {
	t.Parallel()

	t.Run("KeepOthersOut", func(t *testing.T) {
		t.Parallel()
		k, one, other := key(), openLocks(t), openLocks(t)
		wantLock(t, one, k, true)
		wantLock(t, one, k, true)
		wantLock(t, other, k, false)
		wantLock(t, other, key(), true)
	})

	t.Run("EndWithTheProcess", func(t *testing.T) {
		t.Parallel()
		k, one, other := key(), openLocks(t), openLocks(t)
		wantLock(t, one, k, true)
		one.Close()
		wantLock(t, other, k, true)
		if _, err := one.TryLock(t.Context(), k); !postgres.IsUnavailable(err) {
			t.Errorf("TryLock() after Close = %v, want a database that is gone", err)
		}
	})

	t.Run("AreTakenAnewAfterTheSessionWasLost", func(t *testing.T) {
		t.Parallel()
		k, second, one, other := key(), key(), openLocks(t), openLocks(t)
		wantLock(t, one, k, true)
		wantLock(t, one, second, true)
		endSession(t, k)
		if held, err := one.TryLock(t.Context(), k); held || err == nil {
			t.Errorf("TryLock() = %t, %v, want the word that the connection was lost", held, err)
		}
		wantLock(t, other, second, true)
		wantLock(t, one, k, true)
		wantLock(t, one, second, false)
	})

	t.Run("OutliveACallerThatGivesUp", func(t *testing.T) {
		t.Parallel()
		k, one, other := key(), openLocks(t), openLocks(t)
		wantLock(t, one, k, true)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, _ = one.TryLock(ctx, k)
		wantLock(t, other, k, false)
	})

	t.Run("NeedARealDatabase", func(t *testing.T) {
		t.Parallel()
		beneath := open(t)
		conn, err := pgx.Connect(t.Context(), serverURL(t))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(context.Background()) //nolint:errcheck // nothing is lost
		virtual, err := postgres.NewVirtual(t.Context(), conn, beneath.Schema())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := postgres.NewLocks(virtual).TryLock(t.Context(), 1); err == nil {
			t.Error("TryLock() on a virtual database: no error")
		}
	})
}
