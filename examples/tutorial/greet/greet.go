// Package greet greets people: the smallest module there is.
package greet

import (
	"context"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/examples/tutorial/greet/greetapi"
	"github.com/slipway-go/slipway/problem"
)

type Config struct {
	Word string `env:"WORD" envDefault:"Hello" doc:"The word that greets."` // GREET_WORD
}

func New() slipway.Module { return slipway.NewModule(greetapi.Module, setup) }

func setup(m *slipway.Setup, cfg Config) error {
	s := &service{word: cfg.Word}
	api.Handle(m, greetapi.Hello, s.hello)
	return nil
}

type service struct{ word string }

func (s *service) hello(_ context.Context, in greetapi.HelloInput) (greetapi.Greeting, error) {
	if in.Name == "nobody" {
		return greetapi.Greeting{}, problem.NotFound("nobody is not here")
	}
	return greetapi.Greeting{Text: s.word + ", " + in.Name}, nil
}
