package sso

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/problem"
)

// A brake makes those wait who fail again and again: longer each time, never
// for ever. It counts in the database, so that every process knows.
type brake struct {
	db     *postgres.DB
	name   string
	free   int           // failures that cost no wait
	first  time.Duration // the wait after the next one; it doubles from there
	most   time.Duration // and ends here
	forget time.Duration // after so long without a failure all is forgotten
}

type brakes struct {
	// login is per account and address: whoever guesses at somebody's password
	// does not lock the owner out, who comes from elsewhere.
	login brake
	// address slows one that tries its luck at many accounts.
	address brake
	// registration bounds how many e-mails one can try, see ssoapi.Register.
	registration brake
	// ceremony bounds how many logins by passkey or provider one begins: each is a row.
	ceremony brake
	// revocation bounds how many tokens a user, who gets as many as they like, has every
	// process remember as revoked.
	revocation brake

	mail, sms sendBrakes
}

// sendBrakes bound what one has sent, and what one gets. Since each code can be tried five
// times, they bound how often an account's are guessed, too: in the long run some 40 times
// a day, of a million.
type sendBrakes struct {
	by   brake // an address, or a user, that has messages sent
	pair brake // the same to one recipient: whoever floods another does not stop the owner
	to   brake // a recipient, by whomever
}

func (b sendBrakes) take(ctx context.Context, to, by string) error {
	if err := b.by.take(ctx, by); err != nil {
		return err
	}
	if err := b.pair.take(ctx, to+"\x00"+by); err != nil {
		return err
	}
	return b.to.take(ctx, to)
}

func newBrakes(db *postgres.DB, cfg Config) brakes {
	return brakes{
		login:        brake{db: db, name: "login", free: 5, first: time.Second, most: 5 * time.Minute, forget: time.Hour},
		address:      brake{db: db, name: "address", free: 100, first: time.Second, most: time.Minute, forget: time.Hour},
		registration: brake{db: db, name: "registration", free: cfg.RegistrationLimit, first: 10 * time.Second, most: 10 * time.Minute, forget: time.Hour},
		ceremony:     brake{db: db, name: "ceremony", free: 1000, first: time.Second, most: 10 * time.Second, forget: time.Hour},
		revocation:   brake{db: db, name: "revocation", free: 30, first: time.Second, most: time.Minute, forget: time.Hour},
		mail: sendBrakes{
			by:   brake{db: db, name: "mail by", free: 50, first: 10 * time.Second, most: 10 * time.Minute, forget: time.Hour},
			pair: brake{db: db, name: "mail pair", free: 5, first: 30 * time.Second, most: 6 * time.Hour, forget: longMemory},
			to:   brake{db: db, name: "mail to", free: 20, first: time.Minute, most: 3 * time.Hour, forget: longMemory},
		},
		sms: sendBrakes{ // each costs money
			by:   brake{db: db, name: "sms by", free: 10, first: time.Minute, most: time.Hour, forget: longMemory},
			pair: brake{db: db, name: "sms pair", free: 3, first: time.Minute, most: 6 * time.Hour, forget: longMemory},
			to:   brake{db: db, name: "sms to", free: 6, first: time.Minute, most: 6 * time.Hour, forget: longMemory},
		},
	}
}

// longMemory is how long anything that counts is remembered.
const longMemory = 24 * time.Hour

// check refuses who has to wait still. A refusal does not make the wait longer:
// it is no failure.
func (b brake) check(ctx context.Context, who string) error {
	_, err := checkAll(ctx, pedal{b, who})
	return err
}

// A pedal is a brake and whom it may hold.
type pedal struct {
	brake

	who string
}

func (p pedal) bucket() []byte { return p.brake.bucket(p.who) }

// checkAll is check for several brakes by one question. It tells whether any of them
// has counted something.
func checkAll(ctx context.Context, pedals ...pedal) (counted bool, err error) {
	buckets := make([][]byte, len(pedals))
	for i, p := range pedals {
		buckets[i] = p.bucket()
	}
	rows, err := pedals[0].db.Query(ctx, `SELECT bucket, failures, updated_at FROM throttles WHERE bucket = ANY($1)`, buckets)
	if err != nil {
		return false, fmt.Errorf("look up the brakes: %w", err)
	}
	var longest time.Duration
	var found []byte
	var failures int
	var last time.Time
	_, err = pgx.ForEachRow(rows, []any{&found, &failures, &last}, func() error {
		counted = true
		at := slices.IndexFunc(buckets, func(b []byte) bool { return bytes.Equal(b, found) })
		longest = max(longest, pedals[at].wait(failures, time.Since(last)))
		return nil
	})
	if err != nil {
		return false, fmt.Errorf("look up the brakes: %w", err)
	}
	if longest > 0 {
		return true, tooMany(longest)
	}
	return counted, nil
}

// wait returns for how long to refuse, so many failures and so long after the last.
func (b brake) wait(failures int, since time.Duration) time.Duration {
	if failures <= b.free || since >= b.forget {
		return 0
	}
	doublings := min(failures-b.free-1, 20)
	return min(b.first<<doublings, b.most) - since
}

// charge notes a failure.
func (b brake) charge(ctx context.Context, who string) error {
	now := time.Now()
	_, err := b.db.Exec(ctx, `
		INSERT INTO throttles AS t (bucket, failures, updated_at) VALUES ($1, 1, $2)
		ON CONFLICT (bucket) DO UPDATE SET
			failures = CASE WHEN t.updated_at < $3 THEN 1 ELSE t.failures + 1 END, updated_at = $2`,
		b.bucket(who), now, now.Add(-b.forget))
	if err != nil {
		return fmt.Errorf("charge the %s brake: %w", b.name, err)
	}
	return nil
}

// take counts what is limited by itself, failure or not, and refuses who has to wait. It
// is one statement, so that of many at once none slips past.
func (b brake) take(ctx context.Context, who string) error {
	now := time.Now()
	tag, err := b.db.Exec(ctx, `
		INSERT INTO throttles AS t (bucket, failures, updated_at) VALUES ($1, 1, $2)
		ON CONFLICT (bucket) DO UPDATE SET
			failures = CASE WHEN t.updated_at < $3 THEN 1 ELSE t.failures + 1 END, updated_at = $2
		WHERE t.failures <= $4 OR t.updated_at < $3
			OR t.updated_at + least(make_interval(secs => $5 * 2 ^ least(t.failures - $4 - 1, 20)), make_interval(secs => $6)) <= $2`,
		b.bucket(who), now, now.Add(-b.forget), b.free, b.first.Seconds(), b.most.Seconds())
	if err != nil {
		return fmt.Errorf("charge the %s brake: %w", b.name, err)
	}
	if tag.RowsAffected() > 0 {
		return nil
	}
	if err := b.check(ctx, who); err != nil {
		return err
	}
	return tooMany(0) // the wait was over in between
}

// release forgets the failures.
func (b brake) release(ctx context.Context, who string) error {
	if _, err := b.db.Exec(ctx, `DELETE FROM throttles WHERE bucket = $1`, b.bucket(who)); err != nil {
		return fmt.Errorf("release the %s brake: %w", b.name, err)
	}
	return nil
}

func (b brake) bucket(who string) []byte { return bucket(b.name, who) }

func bucket(parts ...string) []byte {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return sum[:]
}

func tooMany(wait time.Duration) error {
	seconds := int(wait/time.Second) + 1
	return problem.TooManyRequests("too many attempts; try again in %d s", seconds).
		WithCode("too_many_attempts").WithHeader("Retry-After", strconv.Itoa(seconds))
}

// sweep deletes what is forgotten.
func (b brakes) sweep(ctx context.Context) error {
	if _, err := b.login.db.Exec(ctx, `DELETE FROM throttles WHERE updated_at < $1`, time.Now().Add(-longMemory)); err != nil {
		return fmt.Errorf("sweep brakes: %w", err)
	}
	return nil
}
