package acquiring

import (
	"fmt"
	"time"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/modules/acquiring/acquiringapi"
	"github.com/slipway-go/slipway/modules/acquiring/migrations"
)

// New returns the module.
func New(adapter Adapter) slipway.Module {
	return slipway.NewModule(acquiringapi.Module, func(m *slipway.Setup, cfg Config) error {
		s, err := newService(m, cfg, adapter)
		if err != nil {
			return err
		}
		api.Handle(m, acquiringapi.Create, s.create)
		api.Handle(m, acquiringapi.Get, s.get)
		m.Background("collector", s.collect)
		return nil
	}, slipway.Migrations(migrations.Files), slipway.Emits(acquiringapi.Captured))
}

// Config are the settings of the module.
type Config struct {
	Payable       config.Neighbour `env:"PAYABLE" envDefault:"cart" doc:"The module whose things are paid for."`
	ChargeTimeout time.Duration    `env:"CHARGE_TIMEOUT" envDefault:"8s" doc:"How long a request waits for the acquirer; after that the payment is pending and looked up behind."`
	LookEvery     time.Duration    `env:"LOOK_EVERY" envDefault:"1s" doc:"How often payments that are not finished are looked for. Between two looks at the same payment the pause grows to a minute."`
	LostAfter     time.Duration    `env:"LOST_AFTER" envDefault:"30s" doc:"When a charge that the acquirer does not know counts as never made. Longer than the acquirer takes to show a charge."`
	TestMoney     bool             `env:"TEST_MONEY" envDefault:"false" doc:"Lets production run with an acquirer that moves no real money: for a demonstration, where goods are given away."`
}

// Validate checks that a request can come to its end.
func (c Config) Validate() []config.Problem {
	var problems []config.Problem
	if c.ChargeTimeout <= 0 || c.ChargeTimeout >= acquiringapi.Timeout {
		problems = append(problems, config.Problem{Variable: "CHARGE_TIMEOUT", Given: c.ChargeTimeout.String(), Expected: "more than 0 and less than " + acquiringapi.Timeout.String()})
	}
	if c.LookEvery <= 0 {
		problems = append(problems, config.Problem{Variable: "LOOK_EVERY", Given: c.LookEvery.String(), Expected: "more than 0"})
	}
	if c.LostAfter < lease {
		problems = append(problems, config.Problem{Variable: "LOST_AFTER", Given: c.LostAfter.String(), Expected: lease.String() + " or more", Fix: "a request may still be asking the acquirer"})
	}
	return problems
}

func newService(m *slipway.Setup, cfg Config, adapter Adapter) (*service, error) {
	if err := adapter.allowed(m.Environment(), cfg.TestMoney); err != nil {
		return nil, err
	}
	provider, err := adapter.Open(m)
	if err != nil {
		return nil, fmt.Errorf("open the acquirer %s: %w", adapter.Name, err)
	}
	return &service{
		cfg: cfg, payments: ledger{db: m.DB(), provider: adapter.Name},
		payable: m.Calls(cfg.Payable), provider: provider, logger: m.Logger(),
	}, nil
}
