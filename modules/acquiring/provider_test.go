package acquiring

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/modules/acquiring/acquiringapi"
)

func TestAdapter_allowed(t *testing.T) {
	t.Parallel()
	toys, bank := Adapter{Name: "toys", TestMoney: true}, Adapter{Name: "bank"}
	if err := toys.allowed(config.Production, false); err == nil || !strings.Contains(err.Error(), "ACQUIRING_TEST_MONEY") {
		t.Errorf("toys in production: %v, want an error that names the setting", err)
	}
	for _, err := range []error{
		toys.allowed(config.Production, true), toys.allowed(config.Development, false), bank.allowed(config.Production, false),
	} {
		if err != nil {
			t.Errorf("got %v, want it allowed", err)
		}
	}
}

func TestNewService(t *testing.T) {
	t.Parallel()
	adapter := Adapter{Name: "bank", Open: func(*slipway.Setup) (Provider, error) { return nil, errors.New("its key is missing") }}
	module := slipway.NewModule(acquiringapi.Module, func(m *slipway.Setup, cfg Config) error {
		_, err := newService(m, cfg, adapter)
		return err
	})
	cart := func(_, _ string, next http.RoundTripper) http.RoundTripper { return next } // it is not called
	app, err := slipway.NewWith(config.New(map[string]string{
		"SLIPWAY_ENV": "test", "SSO_URL": "http://sso.test", "SSO_ISSUER": "http://sso.test",
		"ACQUIRING_CLIENT_SECRET": "made up, and long enough for a secret",
	}), slipway.Overrides{Neighbour: cart, Stdout: io.Discard}, module)
	if err != nil {
		t.Fatal(err)
	}
	want := "open the acquirer bank: its key is missing"
	if err := app.Start(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("Start = %v, want %q in it", err, want)
	}
}
