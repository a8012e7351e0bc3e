package sso

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
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

// sendBrakes bound what one has sent, and what one gets. However many strangers ask for
// codes to a recipient, the owner waits for minutes and no longer.
//
// They bound how often codes are guessed, too. Of those to one recipient the first can be
// tried five times, and those that come after a wait once, until a day passes without any:
//
//	mail: 21 codes of five tries, then one try in 10 minutes: 105 + 144 = 249 on the first
//	      day, and 144 on each that follows. Of a million codes that is a chance of
//	      0.025 % and 0.015 % a day, for who has hundreds of addresses to ask from.
//	SMS:  7 codes of five tries, then one try in 30 minutes: 35 + 48 = 83 on the first
//	      day, and 48 on each that follows: 0.008 % and 0.005 %.
//
// One address alone comes to 6 codes by mail and 4 by SMS, and from then on to four a day.
type sendBrakes struct {
	by   brake // an address, or a user, that has messages sent
	pair brake // the same to one recipient
	to   brake // a recipient, by whomever
}

// take counts a code, and returns how often it may be tried.
func (b sendBrakes) take(ctx context.Context, to string, by ...string) (tries int, err error) {
	for _, who := range by {
		if err := b.by.take(ctx, who); err != nil {
			return 0, err
		}
		if err := b.pair.take(ctx, to+"\x00"+who); err != nil {
			return 0, err
		}
	}
	sent, err := b.to.count(ctx, to)
	if sent > b.to.free+1 { // the last that cost no wait
		return 1, err
	}
	return codeTries, err
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
			to:   brake{db: db, name: "mail to", free: 20, first: time.Minute, most: 10 * time.Minute, forget: longMemory},
		},
		sms: sendBrakes{ // each costs money
			by:   brake{db: db, name: "sms by", free: 10, first: time.Minute, most: time.Hour, forget: longMemory},
			pair: brake{db: db, name: "sms pair", free: 3, first: time.Minute, most: 6 * time.Hour, forget: longMemory},
			to:   brake{db: db, name: "sms to", free: 6, first: time.Minute, most: 30 * time.Minute, forget: longMemory},
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

// take counts what is limited by itself, failure or not, and refuses who has to wait.
func (b brake) take(ctx context.Context, who string) error {
	_, err := b.count(ctx, who)
	return err
}

// count is take that tells how many there were, this one among them. It is one statement,
// so that of many at once none slips past.
func (b brake) count(ctx context.Context, who string) (n int, err error) {
	now := time.Now()
	err = b.db.QueryRow(ctx, `
		INSERT INTO throttles AS t (bucket, failures, updated_at) VALUES ($1, 1, $2)
		ON CONFLICT (bucket) DO UPDATE SET
			failures = CASE WHEN t.updated_at < $3 THEN 1 ELSE t.failures + 1 END, updated_at = $2
		WHERE t.failures <= $4 OR t.updated_at < $3
			OR t.updated_at + least(make_interval(secs => $5 * 2 ^ least(t.failures - $4 - 1, 20)), make_interval(secs => $6)) <= $2
		RETURNING failures`,
		b.bucket(who), now, now.Add(-b.forget), b.free, b.first.Seconds(), b.most.Seconds()).Scan(&n)
	switch {
	case err == nil:
		return n, nil
	case !errors.Is(err, pgx.ErrNoRows):
		return 0, fmt.Errorf("charge the %s brake: %w", b.name, err)
	}
	if err := b.check(ctx, who); err != nil {
		return 0, err
	}
	return 0, tooMany(0) // the wait was over in between
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
		WithCode(tooManyAttempts).WithHeader(retryAfter, strconv.Itoa(seconds))
}

// waitOf returns the seconds that tooMany asks for, or false for another error.
func waitOf(err error) (int64, bool) {
	p, ok := errors.AsType[*problem.Error](err)
	if !ok || p.Code() != tooManyAttempts {
		return 0, false
	}
	seconds, err := strconv.ParseInt(p.Headers().Get(retryAfter), 10, 64)
	return seconds, err == nil
}

const (
	tooManyAttempts = "too_many_attempts"
	retryAfter      = "Retry-After"
)

// sweep deletes what is forgotten.
func (b brakes) sweep(ctx context.Context) error {
	if _, err := b.login.db.Exec(ctx, `DELETE FROM throttles WHERE updated_at < $1`, time.Now().Add(-longMemory)); err != nil {
		return fmt.Errorf("sweep brakes: %w", err)
	}
	return nil
}
