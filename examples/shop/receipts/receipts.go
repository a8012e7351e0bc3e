package receipts

import (
	"context"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/examples/shop/receipts/migrations"
	"github.com/slipway-go/slipway/examples/shop/receipts/receiptsapi"
	"github.com/slipway-go/slipway/jobs"
	"github.com/slipway-go/slipway/modules/acquiring/acquiringapi"
	"github.com/slipway-go/slipway/problem"
)

// New returns the module.
func New() slipway.Module {
	return slipway.NewModule(receiptsapi.Module, setup, slipway.Migrations(migrations.Files), slipway.Subscribes(acquiringapi.Captured))
}

// Config are the settings of the module: none.
type Config struct{}

func setup(m *slipway.Setup, _ Config) error {
	s := &service{book{m.DB()}}
	api.Handle(m, receiptsapi.Get, s.get)
	api.Handle(m, receiptsapi.List, s.list)
	jobs.On(m, "write-receipt", acquiringapi.Captured, writeReceipt{s.book})
	return nil
}

type service struct{ book book }

// get shows a receipt to whose it is. Nothing tells another's from none.
func (s *service) get(ctx context.Context, in receiptsapi.GetInput) (receiptsapi.Receipt, error) {
	r, owner, err := s.book.find(ctx, in.Number)
	if err != nil {
		return receiptsapi.Receipt{}, err
	}
	if err := auth.Own(ctx, owner); err != nil { // none has no owner
		return receiptsapi.Receipt{}, problem.NotFound("there is no receipt %d, or it is not yours", in.Number).Wrap(err)
	}
	return r, nil
}

func (s *service) list(ctx context.Context, in receiptsapi.ListInput) (receiptsapi.Receipts, error) {
	who, ok := auth.PrincipalFrom(ctx)
	if !ok {
		return receiptsapi.Receipts{}, problem.Unauthorized("receipts are somebody's")
	}
	all, err := s.book.of(ctx, who.Subject, in.Before)
	return receiptsapi.Receipts{Receipts: all}, err
}
