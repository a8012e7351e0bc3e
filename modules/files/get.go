package files

import (
	"context"

	"github.com/slipway-go/slipway/modules/files/filesapi"
)

func (s *service) get(ctx context.Context, in filesapi.FileInput) (filesapi.File, error) {
	r, err := s.ledger.find(ctx, s.ledger.db, in.ID)
	if err != nil {
		return filesapi.File{}, err
	}
	return s.profiles.file(r), own(ctx, r)
}
