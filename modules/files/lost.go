package files

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway/jobs"
	"github.com/slipway-go/slipway/modules/files/filesapi"
	"github.com/slipway-go/slipway/postgres"
)

// reconcileDaily has one process compare the store with the rows. What it would have to do
// too often is left to a person; see the command reconcile.
func (s *service) reconcileDaily(ctx context.Context, _ jobs.Delivery[jobs.Slot]) (jobs.Effect, error) {
	found, err := s.reconcile(ctx, reconciling{limit: s.cfg.ReconcileLimit, grace: s.cfg.Grace})
	s.logReconciled(ctx, found)
	s.metrics.reconciled(found)
	return jobs.Done, err
}

func (s *service) reconcile(ctx context.Context, rules reconciling) (findings, error) {
	apart, err := s.apart(ctx, rules)
	if err != nil {
		return findings{}, fmt.Errorf("look whether the store and the database belong together: %w", err)
	}
	r := &reconciler{ledger: s.ledger, store: s.store, rules: rules, apart: apart, loseContent: s.loseContent, loseVariant: s.loseVariant}
	err = r.reconcile(ctx)
	return r.found, err
}

func (s *service) logReconciled(ctx context.Context, f findings) {
	facts := []any{
		"objects", f.Objects, "contents", f.Contents, "orphans", f.Orphans, "orphan_bytes", f.OrphanBytes, "young", f.Young, "foreign", f.Foreign,
		"lost", f.Lost, "lost_variants", f.LostVariants, "deleted", f.Deleted, "missed", f.Missed, "ended", f.Ended, "limit", f.Limit,
	}
	switch {
	case f.Apart != "":
		s.logger.ErrorContext(ctx, "the store was not reconciled", append(facts, "why", f.Apart)...)
	case f.OverLimit:
		s.logger.ErrorContext(ctx, "the store and the rows differ by more than the limit, so nothing was changed: see that both are the right ones, then run files reconcile with a higher --limit", facts...)
	case f.Lost+f.LostVariants > 0:
		s.logger.ErrorContext(ctx, "the store has lost objects", facts...)
	default:
		s.logger.InfoContext(ctx, "the store was reconciled with the rows", facts...)
	}
}

// loseContent ends the files whose content the store has lost, unless it is no longer kept.
func (s *service) loseContent(ctx context.Context, content uuid.UUID) (done bool, err error) {
	if err := s.removeObjects(ctx, content); err != nil { // of its variants
		return false, err
	}
	err = s.ledger.db.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error {
		ids, err := lockContent(ctx, tx, content)
		if err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, `UPDATE contents SET state = 'going', changed_at = now() WHERE id = $1 AND state = 'kept'`, content)
		if done = err == nil && tag.RowsAffected() > 0; !done {
			return err
		}
		return s.loseFiles(ctx, tx, content, ids)
	})
	if err != nil {
		return false, fmt.Errorf("end the files of content %s: %w", content, err)
	}
	return done, nil
}

// lockContent locks the files of a content that is kept, and returns them. No other file gets
// it then: whoever sends the same bytes waits for them.
func lockContent(ctx context.Context, tx postgres.Tx, content uuid.UUID) ([]uuid.UUID, error) {
	var c record
	var source []byte
	err := tx.QueryRow(ctx, `SELECT owner, module, profile, source FROM contents WHERE id = $1 AND state = 'kept'`, content).Scan(&c.Owner, &c.Module, &c.Profile, &source)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err == nil {
		_, err = tx.Exec(ctx, lockBytes, c.Owner, c.Module, c.Profile, source)
	}
	if err != nil {
		return nil, err
	}
	return idsOf(ctx, tx, lockFiles, content)
}

func (s *service) loseFiles(ctx context.Context, tx postgres.Tx, content uuid.UUID, ids []uuid.UUID) error {
	for _, id := range ids {
		if err := s.moveTo(ctx, tx, id, change{to: filesapi.StateDeleted, reason: filesapi.ReasonLost, detail: "the store has lost its content"}); err != nil {
			return err
		}
	}
	return s.removeRow(ctx, tx, content)
}

func (s *service) loseVariant(ctx context.Context, content uuid.UUID, name string) (done bool, err error) {
	tag, err := s.ledger.db.Exec(ctx, `DELETE FROM variants WHERE content = $1 AND name = $2`, content, name)
	if err != nil {
		return false, fmt.Errorf("forget variant %s of content %s: %w", name, content, err)
	}
	return tag.RowsAffected() > 0, nil
}
