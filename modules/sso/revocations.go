package sso

import (
	"context"
	"errors"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/modules/sso/internal/revocation"
	"github.com/slipway-go/slipway/modules/sso/ssoapi"
	"github.com/slipway-go/slipway/problem"
)

func (s *service) handleRevocations(m *slipway.Setup) {
	api.Handle(m, ssoapi.Revocations, s.listRevocations)
}

func (s *service) listRevocations(ctx context.Context, in ssoapi.RevocationsInput) (auth.RevocationPage, error) {
	page, err := s.revoked.After(ctx, in.After)
	if errors.Is(err, revocation.ErrCursor) {
		return page, problem.Unprocessable("after: %v", err).WithCode("unknown_cursor")
	}
	return page, err
}
