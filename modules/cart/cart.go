package cart

import (
	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/jobs"
	"github.com/slipway-go/slipway/modules/acquiring/acquiringapi"
	"github.com/slipway-go/slipway/modules/cart/cartapi"
	"github.com/slipway-go/slipway/modules/cart/migrations"
	"github.com/slipway-go/slipway/money"
)

// New returns the module.
func New() slipway.Module {
	return slipway.NewModule(cartapi.Module, setup, slipway.Migrations(migrations.Files), slipway.Subscribes(acquiringapi.Captured))
}

// Config are the settings of the module.
type Config struct {
	Quotes   config.Neighbour `env:"QUOTES" envDefault:"catalog" doc:"The module that knows prices."`
	Currency string           `env:"CURRENCY" envDefault:"EUR" doc:"The currency of a cart that names none."`
}

// Validate checks what tags cannot say.
func (c Config) Validate() []config.Problem {
	if _, err := money.New(0, c.Currency); err != nil {
		return []config.Problem{{Variable: "CURRENCY", Given: c.Currency, Expected: "an ISO 4217 code such as EUR"}}
	}
	return nil
}

func setup(m *slipway.Setup, cfg Config) error {
	s := &service{cfg: cfg, baskets: baskets{m.DB()}, prices: m.Calls(cfg.Quotes)}
	api.Handle(m, cartapi.Create, s.create)
	api.Handle(m, cartapi.Get, s.get)
	api.Handle(m, cartapi.AddItem, s.addItem)
	api.Handle(m, cartapi.RemoveItem, s.removeItem)
	api.Handle(m, cartapi.ClaimPayable, s.claim)
	api.Handle(m, cartapi.ReleasePayable, s.release)
	jobs.On(m, "close-cart", acquiringapi.Captured, closeCart{s.baskets})
	return nil
}
