package config_test

import (
	"strings"
	"testing"

	"github.com/slipway-go/slipway/config"
)

func TestUnknown(t *testing.T) {
	t.Parallel()
	known := []config.Variable{{Name: "CART_TIMEOUT"}, {Name: "CART_CLIENT_SECRET"}, {Name: "CART_URL"}, {Name: "SLIPWAY_ADDR"}, {Name: "SLIPWAY_MODULES"}}
	src := config.New(map[string]string{
		"CART_TIMEOUT": "1s", "SLIPWAY_ENV": "test", "SLIPWAY_ADDR": ":80", "PATH": "/bin", "CART": "x", "OTHER_TIMEOUT": "1s",
		"CART_TIMEUOT": "1s", "CART_CLIENT_SECRTE": canary, "CART_TIMEOUT_MS": "5", "CART_COLOUR": "red", "SLIPWAY_MODULE": "cart", "CART_timeout": "1s",
		// What Kubernetes sets for a service named cart.
		"CART_SERVICE_HOST": "10.0.0.1", "CART_SERVICE_PORT": "80", "CART_SERVICE_PORT_HTTP": "80", "CART_PORT": "tcp://10.0.0.1:80",
		"CART_PORT_80_TCP": "tcp://10.0.0.1:80", "CART_PORT_80_TCP_PROTO": "tcp", "CART_PORT_80_TCP_PORT": "80", "CART_PORT_80_TCP_ADDR": "10.0.0.1",
		// What it does not.
		"SLIPWAY_PORT": "8080",
	})
	var got []string
	for _, p := range config.Unknown(src, known, []string{"CART_", "SLIPWAY_", ""}) {
		got = append(got, p.String())
		if p.Given != "[redacted]" {
			t.Errorf("%s is given as %q, want it redacted", p.Variable, p.Given)
		}
	}
	want := `CART_CLIENT_SECRTE: nothing reads it; did you mean CART_CLIENT_SECRET?
CART_COLOUR: nothing reads it
CART_TIMEOUT_MS: nothing reads it; did you mean CART_TIMEOUT?
CART_TIMEUOT: nothing reads it; did you mean CART_TIMEOUT?
CART_timeout: nothing reads it; did you mean CART_TIMEOUT?
SLIPWAY_MODULE: nothing reads it; did you mean SLIPWAY_MODULES?
SLIPWAY_PORT: nothing reads it`
	if got := strings.Join(got, "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestUnknown_LongNames(t *testing.T) {
	t.Parallel()
	src := config.New(map[string]string{"CART_" + strings.Repeat("X", 10_000): "1"})
	if got := config.Unknown(src, []config.Variable{{Name: "CART_TIMEOUT"}}, []string{"CART_"}); len(got) != 1 || got[0].Fix != "nothing reads it" {
		t.Errorf("got %v, want one without a guess", got)
	}
}
