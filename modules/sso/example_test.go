package sso_test

import (
	"context"
	"fmt"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/modules/sso"
	"github.com/slipway-go/slipway/postgres"
)

// A product lists the module. Demo users exist in development only.
func ExampleNew() {
	module := sso.New(sso.WithDemoUsers(sso.DemoUser{
		Email: "buyer@example.com", Password: "a demo for everyone", Name: "Bea Buyer",
	}))
	_, err := slipway.NewWith(config.New(nil), slipway.Overrides{
		Database: func(context.Context, slipway.Module) (*postgres.DB, error) { return nil, nil },
	}, module)
	fmt.Println(module.Name(), err)
	// Output: sso <nil>
}
