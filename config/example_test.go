package config_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/slipway-go/slipway/config"
)

type Config struct {
	Timeout time.Duration    `env:"TIMEOUT" envDefault:"10s" doc:"Bounds one attempt."`
	Tokens  string           `env:"TOKENS" envDefault:"exchange" oneof:"exchange,forward" doc:"How a user's token travels."`
	Key     config.Secret    `env:"KEY" production:"required" doc:"Seals the tokens."`
	Quotes  config.Neighbour `env:"QUOTES" envDefault:"catalog" doc:"The module that knows the prices."`
}

func ExampleLoad() {
	src := config.New(map[string]string{"CART_TIMEOUT": "2s", "CART_KEY": "made up"})
	cfg, err := config.Load[Config](src, "CART_")
	fmt.Println(cfg.Timeout, cfg.Tokens, cfg.Key, cfg.Quotes.ModuleName(), err)
	// Output: 2s exchange [redacted] catalog <nil>
}

func ExampleLoad_everyMistakeAtOnce() {
	src := config.New(map[string]string{"SLIPWAY_ENV": "production", "CART_TIMEOUT": "10", "CART_TOKENS": "fordward"})
	_, err := config.Load[Config](src, "CART_")
	fmt.Println(err)
	// Output:
	// the settings cannot be used:
	//   CART_TIMEOUT is "10"; expected a duration such as 500ms, 10s or 2h (add a unit: ms, s, m or h)
	//   CART_TOKENS is "fordward"; expected exchange or forward (did you mean forward?)
	//   CART_KEY is not set; expected a secret (production takes no default for it: Seals the tokens)
}

func ExampleUnknown() {
	src := config.New(map[string]string{"CART_TIMEUOT": "2s"})
	for _, p := range config.Unknown(src, config.Describe[Config]("CART_"), []string{"CART_"}) {
		fmt.Println(p)
	}
	// Output: CART_TIMEUOT: nothing reads it; did you mean CART_TIMEOUT?
}

func ExampleJoin() {
	_, cart := config.Load[Config](config.New(map[string]string{"CART_TIMEOUT": "soon"}), "CART_")
	_, crm := config.Load[Config](config.New(map[string]string{"CRM_QUOTES": "The Catalog"}), "CRM_")
	problems, _ := errors.AsType[config.Errors](config.Join(cart, crm))
	for _, p := range problems {
		fmt.Println(p.Variable, "takes", p.Expected)
	}
	// Output:
	// CART_TIMEOUT takes a duration such as 500ms, 10s or 2h
	// CRM_QUOTES takes the name of a module, in lower-case letters and digits, such as catalog
}
