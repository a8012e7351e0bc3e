package files

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/failpoint"
	"github.com/slipway-go/slipway/jobs"
	"github.com/slipway-go/slipway/modules/files/filesapi"
	"github.com/slipway-go/slipway/postgres"
)

// live registers what happens to files by itself.
func (s *service) live(m *slipway.Setup) {
	s.remove = jobs.Handle(m, "remove", removing{s})
	s.clear = jobs.Handle(m, "clear", jobs.Func[clearing](s.clearForm))
	jobs.Cron(m, "expire", "@every 1m", s.expire).Timeout(expireTimeout)
	jobs.Cron(m, "sweep", "@every 10m", s.sweep).Timeout(expireTimeout)
	jobs.Cron(m, "reconcile", "30 3 * * *", s.reconcileDaily).Timeout(reconcileTimeout).Attempts(reconcileAttempts)
}

const (
	expireTimeout     = 5 * time.Minute
	reconcileTimeout  = 2 * time.Hour
	reconcileAttempts = 3 // the next day brings another
)

// removing removes a content that is nobody's: its objects, then its row. A content that is
// going never comes back, and one that is gone is removed twice without harm: what was still
// being written the first time is there the second time.
type removing struct{ s *service }

var _ jobs.Handler[removal] = removing{}

// IsTriggered implements jobs.Handler.
func (h removing) IsTriggered(ctx context.Context, d jobs.Delivery[removal]) (jobs.Decision, error) {
	wanted, err := h.s.ledger.isWanted(ctx, d.Data.Content)
	if err == nil && wanted {
		return jobs.Skip("the content is somebody's"), nil
	}
	return jobs.Triggered, err
}

// Process implements jobs.Handler.
func (h removing) Process(ctx context.Context, d jobs.Delivery[removal]) (jobs.Effect, error) {
	if err := h.s.removeObjects(ctx, d.Data.Content); err != nil {
		return nil, err
	}
	return func(ctx context.Context, tx postgres.Tx) error { return h.s.removeRow(ctx, tx, d.Data.Content) }, nil
}

func (l ledger) isWanted(ctx context.Context, content uuid.UUID) (wanted bool, err error) {
	err = l.db.QueryRow(ctx, `SELECT EXISTS (SELECT FROM contents WHERE id = $1 AND state <> 'going')`, content).Scan(&wanted)
	if err != nil {
		return false, fmt.Errorf("look whether content %s is to go: %w", content, err)
	}
	return wanted, nil
}

// stray has a content removed that was written for a file which was given up meanwhile, unless
// a file has it. Its row may be gone already, with what was there of it then.
func (s *service) stray(ctx context.Context, tx postgres.Tx, content uuid.UUID) error {
	if content == uuid.Nil {
		return nil
	}
	_, err := tx.Exec(ctx, `UPDATE contents SET state = 'going', changed_at = now()
		WHERE id = $1 AND state = 'writing' AND NOT EXISTS (SELECT FROM files WHERE content = $1)`, content)
	if err != nil {
		return fmt.Errorf("let go of content %s, which comes late: %w", content, err)
	}
	return s.remove.Enqueue(ctx, tx, content.String(), removal{Content: content})
}

// removeObjects deletes what there is of a content, its own object last.
func (s *service) removeObjects(ctx context.Context, content uuid.UUID) error {
	failpoint.Hit(ctx, "files.removing")
	for o, err := range s.store.List(ctx, variants+"/"+content.String()+"/", "") {
		if err == nil {
			err = s.store.Delete(ctx, o.Key)
		}
		if err != nil {
			return fmt.Errorf("delete the variants of content %s: %w", content, err)
		}
	}
	if err := s.store.Delete(ctx, contentKey(content)); err != nil {
		return fmt.Errorf("delete the object of content %s: %w", content, err)
	}
	failpoint.Hit(ctx, "files.removed")
	return nil
}

// removeRow removes the row of a content whose objects are gone, and with it ends the files
// that waited for that.
func (s *service) removeRow(ctx context.Context, tx postgres.Tx, content uuid.UUID) error {
	ids, err := idsOf(ctx, tx, `SELECT id FROM files WHERE content = $1 AND state = 'expired' ORDER BY id`, content)
	for n := 0; n < len(ids) && err == nil; n++ {
		err = s.moveTo(ctx, tx, ids[n], change{to: filesapi.StateDeleted})
	}
	if err == nil {
		_, err = tx.Exec(ctx, `DELETE FROM contents WHERE id = $1 AND state = 'going'`, content)
	}
	if err != nil {
		return fmt.Errorf("remove content %s: %w", content, err)
	}
	return nil
}

// moveTo is move for a file that has to be locked first; a file that is past that stays.
func (s *service) moveTo(ctx context.Context, tx postgres.Tx, id uuid.UUID, c change) error {
	r, err := s.ledger.lock(ctx, tx, id)
	if err != nil || isGone(r.State) && r.State != filesapi.StateExpired {
		return err
	}
	_, err = s.move(ctx, tx, r, c)
	return err
}

// A clearing is the job that deletes what came by a file's form, once the file needs it no
// more.
type clearing struct {
	File uuid.UUID `json:"file"`
}

// clearAfter has what came by a form deleted when the file needs it no more. It can come again
// while the form lasts; that goes with the sweep.
func (s *service) clearAfter(ctx context.Context, tx postgres.Tx, before, after record) error {
	if s.clear == nil || before.FormUntil == nil || !takesForm(before.State) || takesForm(after.State) {
		return nil
	}
	return s.clear.Enqueue(ctx, tx, after.ID.String(), clearing{after.ID})
}

// takesForm reports a state in which what comes by a file's form is wanted.
func takesForm(s filesapi.State) bool {
	return s == filesapi.StatePending || s == filesapi.StateUploaded
}

func (s *service) clearForm(ctx context.Context, d jobs.Delivery[clearing]) (jobs.Effect, error) {
	failpoint.Hit(ctx, "files.clearing")
	if err := s.store.Delete(ctx, quarantineKey(d.Data.File)); err != nil {
		return nil, fmt.Errorf("delete what was sent for file %s: %w", d.Data.File, err)
	}
	return jobs.Done, nil
}

// sweep notes which store belongs to the rows, once there is one, for the reconciler. It
// removes what others have left: contents whose removal did not come to its end,
// contents that nobody finished, what came by a form whose file had ended, and rows of files
// that are long gone.
func (s *service) sweep(ctx context.Context, _ jobs.Delivery[jobs.Slot]) (jobs.Effect, error) {
	return jobs.Done, errors.Join(
		s.identify(ctx),
		s.sweepUnfinished(ctx),
		s.sweepGoing(ctx),
		s.sweepForms(ctx),
		s.sweepRows(ctx),
	)
}

// sweepUnfinished has contents go that nobody has finished. Whoever is at work on one all
// the same cannot keep it then. A content of a file that waits for its variants is not
// finished either; if they never come the file is given up.
func (s *service) sweepUnfinished(ctx context.Context) error {
	_, err := s.ledger.db.Exec(ctx, `
UPDATE contents c SET state = 'going', changed_at = now() - $2::interval
 WHERE c.state = 'writing' AND c.changed_at < now() - $1::interval
   AND NOT EXISTS (SELECT FROM files f WHERE f.content = c.id AND f.state NOT IN ('rejected', 'expired', 'deleted'))`, s.cfg.Grace, removeWithin)
	if err != nil {
		return fmt.Errorf("let go of contents that nobody finished: %w", err)
	}
	return nil
}

// removeWithin is how long the job has that removes a content, before the sweep does.
const removeWithin = 15 * time.Minute

const sweepPage = 200

func (s *service) sweepGoing(ctx context.Context) error {
	return s.sweepIDs(ctx, `SELECT id FROM contents WHERE state = 'going' AND changed_at <= now() - $3::interval AND id > $1 ORDER BY id LIMIT $2`, removeWithin,
		func(ctx context.Context, content uuid.UUID) error {
			if err := s.removeObjects(ctx, content); err != nil {
				return err
			}
			return s.ledger.db.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error { return s.removeRow(ctx, tx, content) })
		})
}

// formGrace is for what was on its way when the form expired.
const formGrace = 15 * time.Minute

func (s *service) sweepForms(ctx context.Context) error {
	return s.sweepIDs(ctx, `
SELECT id FROM files WHERE form_until < now() - $3::interval AND state NOT IN ('pending', 'uploaded') AND id > $1 ORDER BY id LIMIT $2`, formGrace,
		func(ctx context.Context, file uuid.UUID) error {
			if err := s.store.Delete(ctx, quarantineKey(file)); err != nil {
				return fmt.Errorf("delete what was sent for file %s: %w", file, err)
			}
			if err := s.endForm(ctx, file); err != nil {
				return fmt.Errorf("note that the form of file %s is over: %w", file, err)
			}
			return nil
		})
}

// endForm notes that nothing can come by a file's form any more. If the file has ended, its
// quota was held until now: with a form whose file was deleted one could otherwise send as
// much as one likes.
func (s *service) endForm(ctx context.Context, file uuid.UUID) error {
	return s.ledger.db.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error {
		r, err := s.ledger.lock(ctx, tx, file)
		if err != nil || r.FormUntil == nil {
			return err
		}
		b := &pgx.Batch{}
		if isGone(r.State) {
			queueRelease(b, r)
			r.Held = 0
		}
		b.Queue(`UPDATE files SET form_until = NULL, held = $2 WHERE id = $1`, file, r.Held)
		return tx.SendBatch(ctx, b).Close()
	})
}

// sweepIDs calls f for each id, in pages. One that fails does not hold up the others.
func (s *service) sweepIDs(ctx context.Context, sql string, age time.Duration, f func(context.Context, uuid.UUID) error) error {
	var errs []error
	for after := uuid.Nil; ; {
		page, err := idsOf(ctx, s.ledger.db, sql, after, sweepPage, age)
		if err != nil {
			return errors.Join(append(errs, fmt.Errorf("find what is to be swept: %w", err))...)
		}
		for _, id := range page {
			if err := f(ctx, id); err != nil {
				errs = append(errs, err)
			}
			if len(errs) == maxFailures || ctx.Err() != nil {
				return errors.Join(append(errs, ctx.Err())...)
			}
		}
		if len(page) < sweepPage {
			return errors.Join(errs...)
		}
		after = page[len(page)-1]
	}
}

func idsOf(ctx context.Context, db postgres.Querier, sql string, args ...any) ([]uuid.UUID, error) {
	rows, err := db.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
}

// keepUnstoredFor is how long it is known of a file that it was refused, did not come or was
// deleted before it was stored. Nothing bounds how many of those an owner has in a month.
const keepUnstoredFor = 24 * time.Hour

// sweepRows removes the rows of files that are long gone, a page at a time, so that no
// statement takes long.
func (s *service) sweepRows(ctx context.Context) error {
	for {
		tag, err := s.ledger.db.Exec(ctx, `
DELETE FROM files WHERE id IN (SELECT id FROM files
 WHERE state IN ('rejected', 'deleted') AND changed_at < now() - least($1::interval, $2::interval) AND (NOT was_stored OR changed_at < now() - $1::interval)
   AND form_until IS NULL LIMIT $3)`, s.cfg.KeepRowsFor, keepUnstoredFor, sweepPage)
		if err != nil {
			return fmt.Errorf("remove the rows of files that are gone: %w", err)
		}
		if tag.RowsAffected() < sweepPage || ctx.Err() != nil {
			return ctx.Err() //nolint:wrapcheck // it says what it is
		}
	}
}
