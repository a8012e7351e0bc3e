package greet_test

import (
	"testing"

	"github.com/slipway-go/slipway/examples/tutorial/greet"
	"github.com/slipway-go/slipway/examples/tutorial/greet/greetapi"
	"github.com/slipway-go/slipway/slipwaytest"
)

func TestUniversal(t *testing.T) {
	slipwaytest.Universal(t, greet.New(),
		slipwaytest.Example(greetapi.Hello, func(*slipwaytest.Kit) greetapi.HelloInput { return greetapi.HelloInput{Name: "Anna"} }),
	)
}
