package files

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway/internal/failpoint"
	"github.com/slipway-go/slipway/jobs"
	"github.com/slipway-go/slipway/modules/files/filesapi"
	"github.com/slipway-go/slipway/postgres"
)

// What the clock does to files. A file is warned of a day ahead, or at half of its time if
// that is less; its time begins when it was stored or attached.
const (
	dueUnfinished = `f.state IN ('pending', 'uploaded', 'checked') AND f.expires_at <= now()`
	dueStored     = `f.state = 'stored' AND f.expires_at <= now()`
	dueWarning    = `f.state = 'stored' AND NOT f.warned AND f.expires_at > now() AND f.expires_at <= now() + interval '1 day'
	AND f.expires_at - least(interval '1 day', (f.expires_at - f.changed_at) / 2) <= now()`
)

// expire ends files whose time is over, and tells the modules of those for which it will be
// soon. Every file is a transaction of its own that looks again, so that it may run in
// several processes at once, and whatever dies is made up for by the next slot.
func (s *service) expire(ctx context.Context, _ jobs.Delivery[jobs.Slot]) (jobs.Effect, error) {
	return jobs.Done, errors.Join(
		s.each(ctx, dueUnfinished, s.giveUp),
		s.each(ctx, dueStored, s.end),
		s.each(ctx, dueWarning, s.warn),
	)
}

// giveUp ends a file that did not come, or at which nobody could look: its job is dead.
func (s *service) giveUp(ctx context.Context, tx postgres.Tx, r record) error {
	c := change{to: filesapi.StateRejected, reason: filesapi.ReasonNotUploaded, detail: "its content did not come in time"}
	if r.State != filesapi.StatePending {
		c.reason, c.detail = filesapi.ReasonNotChecked, "it could not be looked at for a day"
	}
	_, err := s.move(ctx, tx, r, c)
	return err
}

func (s *service) end(ctx context.Context, tx postgres.Tx, r record) error {
	c := change{to: filesapi.StateExpired, reason: filesapi.ReasonUnattached, detail: "its module did not attach it in time"}
	if r.Reference != "" {
		c.reason, c.detail = filesapi.ReasonKept, "it was kept for as long as its profile says"
	}
	_, err := s.move(ctx, tx, r, c)
	return err
}

// warn leaves changed_at alone: the file's time began there.
func (s *service) warn(ctx context.Context, tx postgres.Tx, r record) error {
	tx.AtCommit(`UPDATE files SET warned = true WHERE id = $1`, r.ID)
	return filesapi.Expiring.Emit(ctx, tx, r.ID.String(), s.profiles.file(r))
}

const (
	duePage = 200
	// maxFailures are those of single files after which the rest is left for the next slot.
	maxFailures = 10
)

// A dueFile is one whose time has come.
type dueFile struct {
	At time.Time
	ID uuid.UUID
}

// each calls f for each file that is due, the earliest first, in a transaction that has
// locked it. One that fails does not hold up the others.
func (s *service) each(ctx context.Context, due string, f func(context.Context, postgres.Tx, record) error) error {
	var errs []error
	for after := (dueFile{}); ; {
		page, err := s.ledger.due(ctx, due, after)
		if err != nil {
			return errors.Join(append(errs, err)...)
		}
		for _, d := range page {
			if err := s.one(ctx, due, d.ID, f); err != nil {
				errs = append(errs, err)
			}
			if len(errs) == maxFailures || ctx.Err() != nil {
				return errors.Join(append(errs, ctx.Err())...)
			}
		}
		if len(page) < duePage {
			return errors.Join(errs...)
		}
		after = page[len(page)-1]
	}
}

func (s *service) one(ctx context.Context, due string, id uuid.UUID, f func(context.Context, postgres.Tx, record) error) error {
	failpoint.Hit(ctx, "files.due")
	return s.ledger.db.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error {
		r, err := collect(ctx, tx, `SELECT `+recordColumns+fromFiles+`WHERE f.id = $1 AND `+due+` FOR UPDATE OF f`, id)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil // somebody else was faster
		}
		if err == nil {
			err = f(ctx, tx, r)
		}
		if err != nil {
			return fmt.Errorf("file %s, whose time has come: %w", id, err)
		}
		return nil
	})
}

func collect(ctx context.Context, db postgres.Querier, sql string, args ...any) (record, error) {
	rows, err := db.Query(ctx, sql, args...)
	if err != nil {
		return record{}, err
	}
	return pgx.CollectExactlyOneRow(rows, scanRecord)
}

func (l ledger) due(ctx context.Context, due string, after dueFile) ([]dueFile, error) {
	rows, err := l.db.Query(ctx, `SELECT f.expires_at, f.id FROM files f WHERE `+due+` AND (f.expires_at, f.id) > ($1, $2) ORDER BY f.expires_at, f.id LIMIT $3`,
		after.At, after.ID, duePage)
	if err != nil {
		return nil, fmt.Errorf("find the files whose time has come: %w", err)
	}
	page, err := pgx.CollectRows(rows, pgx.RowToStructByPos[dueFile])
	if err != nil {
		return nil, fmt.Errorf("find the files whose time has come: %w", err)
	}
	return page, nil
}
