package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Locks are what a process holds in a database for as long as it lives: advisory
// locks (https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS)
// on one connection of their own. However the process ends, its connection ends with
// it, and others may take them. It is safe for concurrent use.
//
// A connection can break while the process lives. So nothing may rest on a lock alone:
// it says who should do a thing, and what is done twice all the same must do no harm.
type Locks struct {
	settings *pgx.ConnConfig
	// turn holds a token while someone uses the connection.
	turn   chan struct{}
	conn   *pgx.Conn // nil: none yet, or lost
	held   map[int64]bool
	closed bool
}

// locksTimeout bounds one question, so that a network that swallows everything
// does not hold up whoever asks.
const locksTimeout = 3 * time.Second

// NewLocks returns the locks of this process in the database of db, and connects when
// it is first asked for one. Databases with one [DB.Address] need no more than one Locks.
func NewLocks(db *DB) *Locks {
	l := &Locks{turn: make(chan struct{}, 1), held: map[int64]bool{}}
	if db.conn == nil {
		return l
	}
	l.settings = db.conn.Copy()
	l.settings.Tracer = nil
	p := l.settings.RuntimeParams
	p["application_name"] = "slipway locks"
	// A host that vanished without a word keeps its locks for these 15 seconds.
	p["tcp_keepalives_idle"], p["tcp_keepalives_interval"], p["tcp_keepalives_count"] = "6", "3", "3"
	return l
}

// TryLock takes the lock, unless another session has it, and reports whether it is
// held. Asked again it looks whether it still is, and takes it anew after the
// connection was lost.
func (l *Locks) TryLock(ctx context.Context, key int64) (held bool, err error) {
	err = l.using(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		if l.held[key] {
			held = true
			return conn.Ping(ctx)
		}
		err := conn.QueryRow(ctx, "SELECT pg_try_advisory_lock($1)", key).Scan(&held)
		if held {
			l.held[key] = true
		}
		return err
	})
	if err != nil {
		return false, fmt.Errorf("take lock %d: %w", key, err)
	}
	return held, nil
}

// Close gives every lock back and ends the connection.
func (l *Locks) Close() {
	l.turn <- struct{}{}
	defer func() { <-l.turn }()
	l.closed = true
	l.drop()
}

var errLocksClosed = errors.New("this process has closed its connections")

// using gives fn the connection while nobody else has it; an error of fn ends the
// connection, and with it every lock.
func (l *Locks) using(ctx context.Context, fn func(context.Context, *pgx.Conn) error) error {
	select {
	case l.turn <- struct{}{}:
		defer func() { <-l.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	// A caller that gives up must not cost the others their locks.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), locksTimeout)
	defer cancel()
	if err := l.connect(ctx); err != nil {
		return explain(ctx, err)
	}
	if err := fn(ctx, l.conn); err != nil {
		l.drop()
		return explain(ctx, err)
	}
	return nil
}

func (l *Locks) connect(ctx context.Context) error {
	switch {
	case l.settings == nil:
		return errors.New("a virtual database has no session of its own")
	case l.closed:
		return unavailable(errLocksClosed)
	case l.conn != nil:
		return nil
	}
	conn, err := pgx.ConnectConfig(ctx, l.settings)
	if err != nil {
		return err
	}
	l.conn = conn
	return nil
}

func (l *Locks) drop() {
	clear(l.held)
	if l.conn == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), rollbackTimeout)
	defer cancel()
	_ = l.conn.Close(ctx) // it is of no more use either way
	l.conn = nil
}
