package files

import (
	"context"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/modules/files/filesapi"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/problem"
)

func (s *service) delete(ctx context.Context, in filesapi.FileInput) (api.Empty, error) {
	return api.Empty{}, s.letGo(ctx, in.ID)
}

// takeDown removes anybody's file; the access says who may.
func (s *service) takeDown(ctx context.Context, in filesapi.FileInput) (api.Empty, error) {
	err := s.endFor(ctx, in.ID, func(context.Context, record) (filesapi.Reason, error) { return filesapi.ReasonModerated, nil })
	if err == nil {
		s.logger.InfoContext(ctx, "file taken down", "file_id", in.ID)
	}
	return api.Empty{}, err
}

// letGo removes a file, for its owner or its module. It may be called again.
func (s *service) letGo(ctx context.Context, id uuid.UUID) error { return s.endFor(ctx, id, whyEnded) }

// endFor removes a file for the reason that why gives, unless why has an error or it is gone.
func (s *service) endFor(ctx context.Context, id uuid.UUID, why func(context.Context, record) (filesapi.Reason, error)) error {
	return s.ledger.db.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error {
		r, err := s.ledger.lock(ctx, tx, id)
		if err != nil {
			return err
		}
		reason, err := why(ctx, r)
		if err != nil || isGone(r.State) {
			return err
		}
		_, err = s.move(ctx, tx, r, change{to: endOf(r), reason: reason})
		return err
	})
}

// whyEnded says for whom a file ends, or why whoever asks cannot delete it.
func whyEnded(ctx context.Context, r record) (filesapi.Reason, error) {
	if err := own(ctx, r); err != nil {
		return "", err
	}
	switch p, _ := auth.PrincipalFrom(ctx); {
	case p.Service() == r.Module:
		return filesapi.ReasonDetached, nil
	case r.Reference != "" && !isGone(r.State):
		return "", problem.Conflict("the file %s is part of something that %s has; remove it there", r.ID, r.Module).WithCode(filesapi.CodeAttached)
	}
	return filesapi.ReasonByOwner, nil
}

// endOf returns the state in which a file ends for whoever asks: see [moves].
func endOf(r record) filesapi.State {
	if r.State == filesapi.StateStored {
		return filesapi.StateExpired
	}
	return filesapi.StateDeleted
}
