package session_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/modules/sso"
	"github.com/slipway-go/slipway/modules/sso/internal/session"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/slipwaytest"
)

func TestMain(m *testing.M) { slipwaytest.Main(m) }

// A world is a store with one session.
type world struct {
	*session.Store
	db      *postgres.DB
	session session.Session
	first   string        // refresh token
	clock   time.Duration // by which the process is ahead
}

func newWorld(t *testing.T, cfg session.Config) *world {
	t.Helper()
	return newWorldOn(t, slipwaytest.Commit(t, sso.New()).DB("sso"), cfg)
}

func newWorldOn(t *testing.T, db *postgres.DB, cfg session.Config) *world {
	t.Helper()
	user := uuid.New()
	if _, err := db.Exec(t.Context(), `INSERT INTO users (id, email, name, password_hash, created_at) VALUES ($1, 'ada@example.com', 'Ada', '', now())`, user); err != nil {
		t.Fatal(err)
	}
	w := &world{Store: session.NewStore(db, cfg), db: db}
	var err error
	if w.session, w.first, err = w.Begin(t.Context(), session.Login{User: user, Client: "slipway", Method: session.Password}); err != nil {
		t.Fatal(err)
	}
	return w
}

// ahead is the world as another process has it, whose clock is ahead.
func (w *world) ahead(by time.Duration) *world {
	other := *w
	other.Store, other.clock = w.Ahead(by), by
	return &other
}

// redeem presents a token as a request that arrives now.
func (w *world) redeem(ctx context.Context, token string) (string, error) {
	_, next, err := w.Redeem(ctx, session.Redemption{Token: token, Client: "slipway", Arrived: time.Now().Add(w.clock)})
	return next, err
}

func (w *world) must(t *testing.T, token string) string {
	t.Helper()
	next, err := w.redeem(t.Context(), token)
	if err != nil {
		t.Fatalf("Redeem() = %v", err)
	}
	return next
}

func (w *world) refuses(t *testing.T, token string, want error) {
	t.Helper()
	if next, err := w.redeem(t.Context(), token); !errors.Is(err, want) || next != "" {
		t.Errorf("Redeem() = %q, %v, want %v", next, err, want)
	}
}

func (w *world) alive(t *testing.T) bool {
	t.Helper()
	alive, err := w.Alive(t.Context(), w.session.ID)
	if err != nil {
		t.Fatal(err)
	}
	return alive
}

func TestRefusal22_ConcurrentRedemption(t *testing.T) {
	t.Parallel()
	w := newWorld(t, session.Config{})
	for round, token := 0, w.first; round < 10; round++ {
		token = w.burst(t, token)
	}
	if !w.alive(t) {
		t.Error("the race has ended the session")
	}
}

// burst redeems one token 8 times at once and returns the winner's next one.
func (w *world) burst(t *testing.T, token string) string {
	t.Helper()
	var group sync.WaitGroup
	var winners [8]string
	begin := make(chan struct{})
	for i := range winners {
		group.Go(func() {
			<-begin
			var err error
			if winners[i], err = w.redeem(t.Context(), token); err != nil && !errors.Is(err, session.ErrRaced) {
				t.Errorf("Redeem() = %v, want a token or ErrRaced", err)
			}
		})
	}
	close(begin)
	group.Wait()
	var won []string
	for _, next := range winners {
		if next != "" {
			won = append(won, next)
		}
	}
	if len(won) != 1 {
		t.Fatalf("%d of 8 redemptions won, want 1", len(won))
	}
	return won[0]
}

func TestRefusal31_GrandparentRefreshToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t, session.Config{})
	parent := w.must(t, w.first)
	child := w.must(t, parent)
	w.refuses(t, w.first, session.ErrReplayed)
	if w.alive(t) {
		t.Error("the session goes on")
	}
	w.refuses(t, child, session.ErrOver)
	w.refuses(t, parent, session.ErrOver)
}

func TestStore_Redeem(t *testing.T) {
	t.Parallel()
	t.Run("refuses what nobody gave out", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, session.Config{})
		for _, unknown := range []string{"", "x", w.first + "x", w.first[:len(w.first)-1], "\x00"} {
			w.refuses(t, unknown, session.ErrUnknown)
		}
	})
	t.Run("refuses another client, and the token stays good", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, session.Config{})
		if _, _, err := w.Redeem(t.Context(), session.Redemption{Token: w.first, Client: "other", Arrived: time.Now()}); !errors.Is(err, session.ErrUnknown) {
			t.Errorf("Redeem() = %v, want ErrUnknown", err)
		}
		w.must(t, w.first)
	})
	t.Run("refuses after the end", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, session.Config{})
		if err := w.End(t.Context(), w.session.ID, "logged out"); err != nil {
			t.Fatal(err)
		}
		w.refuses(t, w.first, session.ErrOver)
		if w.alive(t) {
			t.Error("Alive() = true after End")
		}
	})
	t.Run("refuses a token that was not redeemed in time", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, session.Config{Idle: time.Nanosecond})
		w.refuses(t, w.first, session.ErrOver)
	})
	t.Run("refuses after the longest life", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, session.Config{Life: time.Nanosecond})
		w.refuses(t, w.first, session.ErrOver)
		if w.alive(t) {
			t.Error("Alive() = true after its life")
		}
	})
	t.Run("continues, and the same session again and again", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, session.Config{})
		token := w.first
		for range 5 {
			token = w.must(t, token)
		}
		got, _, err := w.Redeem(t.Context(), session.Redemption{Token: token, Client: "slipway", Arrived: time.Now()})
		if err != nil || got.ID != w.session.ID || got.User != w.session.User || !got.AuthTime.Equal(w.session.AuthTime.Truncate(time.Microsecond)) {
			t.Errorf("Redeem() = %+v, %v, want %+v", got, err, w.session)
		}
	})
}

func TestStore_RedeemAgain(t *testing.T) {
	t.Parallel()
	t.Run("replaces the child that a lost answer carried", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, session.Config{})
		lost := w.must(t, w.first)
		second := w.must(t, w.first)
		third := w.must(t, w.first) // lost again
		w.must(t, third)
		if !w.alive(t) {
			t.Error("the session has ended")
		}
		if lost == second || second == third {
			t.Error("a child was given out twice")
		}
	})
	t.Run("kills the child that was replaced", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, session.Config{})
		lost := w.must(t, w.first)
		kept := w.must(t, w.first)
		w.refuses(t, lost, session.ErrReplayed)
		w.refuses(t, kept, session.ErrOver)
	})
	t.Run("ends the session once the child is in use", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, session.Config{})
		w.must(t, w.must(t, w.first))
		w.refuses(t, w.first, session.ErrReplayed)
	})
	t.Run("is one winner's too", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, session.Config{})
		w.must(t, w.first) // and the answer is lost
		w.must(t, w.burst(t, w.first))
	})
	t.Run("refuses the rest of a burst that arrives late", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, session.Config{})
		early := time.Now()
		next := w.must(t, w.first)
		if _, _, err := w.Redeem(t.Context(), session.Redemption{Token: w.first, Client: "slipway", Arrived: early}); !errors.Is(err, session.ErrRaced) {
			t.Errorf("Redeem() = %v, want ErrRaced", err)
		}
		w.refuses(t, w.first, session.ErrRaced) // one more of the same burst
		w.must(t, next)
	})
}

// Two processes whose clocks are a minute apart give the answers that one gives.
func TestStore_RedeemByClocksThatDiffer(t *testing.T) {
	t.Parallel()
	for _, by := range []time.Duration{-time.Minute, time.Minute} {
		t.Run(by.String(), func(t *testing.T) {
			t.Parallel()
			t.Run("a race is one", func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, session.Config{})
				early, other := time.Now(), w.ahead(by)
				next := w.must(t, w.first)
				if _, _, err := other.Redeem(t.Context(), session.Redemption{Token: w.first, Client: "slipway", Arrived: early.Add(by)}); !errors.Is(err, session.ErrRaced) {
					t.Errorf("Redeem() = %v, want ErrRaced", err)
				}
				other.must(t, w.must(t, next))
			})
			t.Run("a lost answer is one", func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, session.Config{})
				other := w.ahead(by)
				w.must(t, w.first)
				w.must(t, other.must(t, other.must(t, w.first)))
			})
			t.Run("a burst is over for both", func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, session.Config{})
				w.must(t, w.first)
				w.exec(t, `UPDATE refresh_tokens SET contested_at = clock_timestamp() - interval '3 seconds'`)
				w.ahead(by).must(t, w.first)
			})
			t.Run("a code is good for a minute", func(t *testing.T) {
				t.Parallel()
				l := newLounge(t, session.Config{})
				here, there := *l, *l
				there.world = l.ahead(by)
				there.redeemCode(t, here.code(t))
				here.redeemCode(t, there.code(t))
			})
		})
	}
}

func TestStore_KeepsNoToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t, session.Config{})
	var rows int
	err := w.db.QueryRow(t.Context(), `SELECT count(*) FROM refresh_tokens r WHERE r::text LIKE '%' || $1 || '%' OR octet_length(hash) <> 32`, w.first).Scan(&rows)
	if err != nil || rows != 0 {
		t.Errorf("%d rows hold a token as it is, %v", rows, err)
	}
}

func TestStore_Sweep(t *testing.T) {
	t.Parallel()
	w := newWorld(t, session.Config{})
	if err := w.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !w.alive(t) {
		t.Error("Sweep() deletes a session that goes on")
	}
	if _, err := w.db.Exec(t.Context(), `UPDATE sessions SET ended_at = now() - interval '8 days'`); err != nil {
		t.Fatal(err)
	}
	if err := w.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.refuses(t, w.first, session.ErrUnknown)
}

func TestStore_SweepsCodes(t *testing.T) {
	t.Parallel()
	l := newLounge(t, session.Config{})
	redeemed, unused, _ := l.code(t), l.code(t), l.code(t)
	l.redeemCode(t, redeemed)
	for _, c := range []struct {
		age  string
		left int
	}{{"50 minutes", 3}, {"70 minutes", 2}, {"8 days", 1}} {
		for _, code := range []string{redeemed, unused} {
			l.exec(t, `UPDATE codes SET expires_at = clock_timestamp() - interval '`+c.age+`' WHERE hash = sha256(convert_to('`+code+`', 'UTF8'))`)
		}
		if err := l.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := l.count(t, `SELECT count(*) FROM codes`); got != c.left {
			t.Errorf("after %s %d codes are left, want %d", c.age, got, c.left)
		}
	}
}

// What fails is a defect of ours, and none of the refusals that a client is told.
func TestStore_SaysWhatItWasDoing(t *testing.T) {
	t.Parallel()
	refusals := []error{session.ErrUnknown, session.ErrOver, session.ErrRaced, session.ErrReplayed}
	for doing, c := range map[string]struct {
		broken string // the table that is gone, or what is done to it
		do     func(ctx context.Context, w *world) error
	}{
		"begin a session: ": {`ALTER TABLE sessions RENAME TO gone`, func(ctx context.Context, w *world) error {
			_, _, err := w.Begin(ctx, session.Login{User: uuid.New(), Client: "slipway"})
			return err
		}},
		"look up session ": {`ALTER TABLE sessions RENAME TO gone`, func(ctx context.Context, w *world) error {
			_, err := w.Alive(ctx, w.session.ID)
			return err
		}},
		"end session ": {`ALTER TABLE sessions RENAME TO gone`, func(ctx context.Context, w *world) error {
			return w.End(ctx, w.session.ID, "logged out")
		}},
		"sweep sessions: ": {`ALTER TABLE sessions RENAME TO gone`, func(ctx context.Context, w *world) error { return w.Sweep(ctx) }},
		"look up a refresh token: ": {`ALTER TABLE refresh_tokens RENAME TO gone`, func(ctx context.Context, w *world) error {
			_, err := w.redeem(ctx, w.first)
			return err
		}},
		"redeem a refresh token: ": {`ALTER TABLE refresh_tokens ADD CHECK (used_at IS NULL)`, func(ctx context.Context, w *world) error {
			_, err := w.redeem(ctx, w.first)
			return err
		}},
	} {
		t.Run(doing, func(t *testing.T) {
			t.Parallel()
			w := newWorldOn(t, slipwaytest.Tx(t, sso.New()).DB("sso"), session.Config{})
			if _, err := w.db.Exec(t.Context(), c.broken); err != nil {
				t.Fatal(err)
			}
			err := c.do(t.Context(), w)
			if err == nil || !strings.HasPrefix(err.Error(), doing) {
				t.Errorf("got %v, want an error that begins with %q", err, doing)
			}
			for _, refusal := range refusals {
				if errors.Is(err, refusal) {
					t.Errorf("%v is %q, which a client would believe", err, refusal)
				}
			}
		})
	}
}
