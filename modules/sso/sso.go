package sso

import (
	"errors"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/modules/sso/migrations"
	"github.com/slipway-go/slipway/modules/sso/ssoapi"
)

// New returns the module.
func New(opts ...Option) slipway.Module {
	var o options
	for _, opt := range opts {
		opt(&o)
	}
	return slipway.NewModule(ssoapi.Module, o.setup, slipway.Migrations(migrations.Files))
}

// An Option changes what a product's SSO does.
type Option func(*options)

type options struct{ demo []DemoUser }

// A DemoUser is an account whose password everybody may know.
type DemoUser struct {
	Email, Password, Name string
	// Roles are the account's; without any it has the default role.
	Roles []string
}

// WithDemoUsers creates accounts in development and prints them when the
// product starts. In production and in tests they do not exist.
func WithDemoUsers(users ...DemoUser) Option {
	return func(o *options) { o.demo = append(o.demo, users...) }
}

// Config are the settings of the module.
type Config struct{}

func (o options) setup(*slipway.Setup, Config) error { return errors.New("not built yet") }
