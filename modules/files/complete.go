package files

import (
	"context"
	"errors"
	"fmt"

	"github.com/slipway-go/slipway/blob"
	"github.com/slipway-go/slipway/internal/failpoint"
	"github.com/slipway-go/slipway/modules/files/filesapi"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/problem"
)

// complete serves [filesapi.Complete].
func (s *service) complete(ctx context.Context, in filesapi.FileInput) (filesapi.File, error) {
	r, err := s.ledger.find(ctx, s.ledger.db, in.ID)
	if err != nil {
		return filesapi.File{}, err
	}
	if err := own(ctx, r); err != nil {
		return filesapi.File{}, err
	}
	if r.State == filesapi.StatePending {
		if err := s.wantSent(ctx, r); err != nil {
			return filesapi.File{}, err
		}
		failpoint.Hit(ctx, "files.sent")
		if r, err = s.hasCome(ctx, r); err != nil {
			return filesapi.File{}, err
		}
		failpoint.Hit(ctx, "files.uploaded")
	}
	return s.profiles.file(r), past(r)
}

// past tells that a file's time is over. One that was looked at and refused says so by its
// state.
func past(r record) error {
	if r.State != filesapi.StateExpired && r.State != filesapi.StateDeleted && r.Reason != filesapi.ReasonNotUploaded {
		return nil
	}
	return problem.Conflict("the file %s is %s (%s); announce it again", r.ID, r.State, r.Detail).WithCode(filesapi.CodeOver)
}

// wantSent tells that nothing was sent yet.
func (s *service) wantSent(ctx context.Context, r record) error {
	_, err := s.store.Stat(ctx, quarantineKey(r.ID))
	switch {
	case errors.Is(err, blob.ErrNotFound):
		return problem.Conflict("the content of the file was not sent: POST it with the form that announcing it returned").WithCode(filesapi.CodeNotUploaded)
	case err != nil:
		return fmt.Errorf("look whether file %s was sent: %w", r.ID, err)
	}
	return nil
}

// hasCome notes that a file was sent, unless somebody else was faster.
func (s *service) hasCome(ctx context.Context, r record) (after record, err error) {
	err = s.ledger.db.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error {
		if after, err = s.ledger.lock(ctx, tx, r.ID); err != nil || after.State != filesapi.StatePending {
			return err
		}
		after, err = s.move(ctx, tx, after, change{to: filesapi.StateUploaded})
		return err
	})
	return after, err
}
