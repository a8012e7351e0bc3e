package files

import (
	"context"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/modules/files/filesapi"
)

func (s *service) usage(ctx context.Context, _ api.Empty) (filesapi.Usage, error) {
	p, _ := auth.PrincipalFrom(ctx) // the access needs one
	has, err := s.ledger.usage(ctx, ownerAccount(p.SubjectID(), false))
	most := s.cfg.ownerLimit(p)
	return filesapi.Usage{Files: has.Files, Bytes: has.Bytes, MaxFiles: most.Files, MaxBytes: most.Bytes}, err
}
