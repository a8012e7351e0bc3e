package files

import (
	"context"
	"fmt"
	"time"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/modules/files/filesapi"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/problem"
)

func (s *service) attach(ctx context.Context, in filesapi.AttachInput) (file filesapi.File, err error) {
	err = s.ledger.db.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error {
		r, err := s.ledger.lock(ctx, tx, in.ID)
		if err != nil {
			return err
		}
		if err := own(ctx, r); err != nil {
			return err
		}
		r, err = s.attachTo(ctx, tx, r, in.Body.Reference)
		file = s.profiles.file(r)
		return err
	})
	return file, err
}

// attachTo has a file be part of something. To say the same again does not keep it longer.
func (s *service) attachTo(ctx context.Context, tx postgres.Tx, r record, reference string) (record, error) {
	if r.State != filesapi.StateStored {
		return r, errNotStored(r)
	}
	if r.Reference == reference {
		return r, nil
	}
	within, err := s.keepFor(r)
	if err != nil {
		return r, err
	}
	_, err = tx.Exec(ctx, `UPDATE files SET reference = $2, expires_at = now() + $3::interval, warned = false, changed_at = now() WHERE id = $1`,
		r.ID, reference, within)
	if err != nil {
		return r, fmt.Errorf("attach file %s: %w", r.ID, err)
	}
	return s.ledger.find(ctx, tx, r.ID)
}

// keepFor returns how long an attached file is kept, from now; nil: until its module lets go of it.
func (s *service) keepFor(r record) (*time.Duration, error) {
	rules, err := s.profiles.rules(r)
	if err != nil || rules.KeepFor == 0 {
		return nil, err
	}
	return &rules.KeepFor, nil
}

func (s *service) detach(ctx context.Context, in filesapi.FileInput) (api.Empty, error) {
	return api.Empty{}, s.letGo(ctx, in.ID)
}

// errNotStored is of a file that has no content, not yet or not any more.
func errNotStored(r record) *problem.Error {
	if isGone(r.State) {
		return problem.Conflict("the file %s is gone: %s, %s", r.ID, r.State, r.Reason).WithCode(filesapi.CodeNotStored)
	}
	return problem.Conflict("the file %s is not stored yet but %s; ask again later", r.ID, r.State).WithCode(filesapi.CodeNotStored)
}
