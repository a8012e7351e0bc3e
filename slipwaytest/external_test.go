package slipwaytest_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/slipwaytest"
)

// The weatherman is a module that asks a host outside of the product.
var (
	weatherModule = api.Module("weather")
	forecast      = api.GET[forecastInput, outlook](weatherModule, "/forecasts/{city}", auth.SignedIn(), "Ask for the weather")
)

type forecastInput struct {
	City string `path:"city"`
}

type outlook struct {
	Text string `json:"text"`
}

type weatherConfig struct {
	URL string `env:"PROVIDER" envDefault:"https://api.weather.test" doc:"Who knows the weather."`
}

func weather() slipway.Module {
	return slipway.NewModule(weatherModule, func(m *slipway.Setup, cfg weatherConfig) error {
		client := m.Outside("provider")
		api.Handle(m, forecast, func(ctx context.Context, in forecastInput) (outlook, error) {
			r, err := http.NewRequestWithContext(ctx, http.MethodGet, cfg.URL+"/v1/"+in.City+"?key=made-up", http.NoBody)
			if err != nil {
				return outlook{}, err
			}
			resp, err := client.Do(r)
			if err != nil {
				return outlook{}, fmt.Errorf("ask for the weather: %w", err)
			}
			defer resp.Body.Close()
			b, err := io.ReadAll(resp.Body)
			return outlook{string(b)}, err
		})
		return nil
	})
}

func sunny(w http.ResponseWriter, r *http.Request) {
	_, _ = fmt.Fprintf(w, "%s%s: sunny", r.Host, r.URL.Path)
}

func TestExternal(t *testing.T) {
	t.Parallel()
	rome := forecastInput{"rome"}

	t.Run("refuses an origin that is none", func(t *testing.T) {
		t.Parallel()
		for _, origin := range []string{"api.weather.test", "https://api.weather.test/v1", "ftp://api.weather.test", ""} {
			f := &failing{TB: t}
			k := slipwaytest.Tx(t, weather()).In(f)
			if said := f.run(func() { slipwaytest.External(k, origin, http.NotFoundHandler()) }); !strings.Contains(said, "expected a scheme and a host") {
				t.Errorf("%q: the kit said %q", origin, said)
			}
		}
	})

	t.Run("fails the test for a host that nobody answers for", func(t *testing.T) {
		t.Parallel()
		f := &failing{TB: t}
		slipwaytest.Do(slipwaytest.Tx(f, weather()).User("anna"), forecast, rome)
		want := `weather called GET https://api.weather.test/v1/rome (Outside "provider"): a test does not leave the machine; answer for the host with slipwaytest.External(k, "https://api.weather.test", …)`
		if said := strings.Join(f.said, "\n"); said != want {
			t.Errorf("the kit said %q, want %q", said, want)
		}
	})

	t.Run("answers under the name of the host, and for no other", func(t *testing.T) {
		t.Parallel()
		k := slipwaytest.Tx(t, weather())
		slipwaytest.External(k, "https://other.test", http.NotFoundHandler())
		slipwaytest.External(k, "https://API.weather.test:443/", http.HandlerFunc(sunny))
		if got := slipwaytest.Do(k.User("anna"), forecast, rome).Want(200).Body.Text; got != "api.weather.test/v1/rome: sunny" {
			t.Errorf("text = %q", got)
		}
	})

	t.Run("fails and recovers under the real client", func(t *testing.T) {
		t.Parallel()
		for name, c := range map[string]struct {
			faults []slipwaytest.Fault
			status int
		}{
			"down":       {[]slipwaytest.Fault{slipwaytest.Down}, 503},
			"silent":     {[]slipwaytest.Fault{slipwaytest.Hang}, 504},
			"cut off":    {[]slipwaytest.Fault{slipwaytest.Truncated}, 500},
			"back again": {[]slipwaytest.Fault{slipwaytest.Reset, slipwaytest.Status(503), slipwaytest.Recovered}, 200},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					k := slipwaytest.Tx(t, weather())
					slipwaytest.External(k, "https://api.weather.test", http.HandlerFunc(sunny), c.faults...)
					slipwaytest.Do(k.User("anna"), forecast, rome).Want(c.status)
				})
			})
		}
	})

	t.Run("is not needed for a server on this machine", func(t *testing.T) {
		t.Parallel()
		server := httptest.NewServer(http.HandlerFunc(sunny))
		defer server.Close()
		k := slipwaytest.TxWith(t, map[string]string{"WEATHER_PROVIDER": server.URL}, weather())
		slipwaytest.Do(k.User("anna"), forecast, rome).Want(200)
	})
}

func TestTx_doesNotReachNeighboursElsewhere(t *testing.T) {
	t.Parallel()
	f := &failing{TB: t}
	k := slipwaytest.TxWith(f, map[string]string{"STORE_URL": "https://store.test"}, asker())
	slipwaytest.Do(k.User("anna"), ask, asking("cup", 1))
	if said, want := strings.Join(f.said, "\n"), "asker called PUT /things/cup of store, for which the test has no reply"; !strings.Contains(said, want) {
		t.Errorf("the kit said %q, want %q in it", said, want)
	}
}

const leaving = "SLIPWAYTEST_LEAVING"

// A test process of its own, for it fails.
func TestMain_watchesTheDefaultTransport(t *testing.T) {
	t.Parallel()
	if os.Getenv(leaving) != "" {
		t.Skip("this is that process")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), self, "-test.run=^TestLeaving$")
	c.Env = append(os.Environ(), leaving+"=yes")
	out, err := c.CombinedOutput()
	if err == nil {
		t.Error("the process ended well, want it to fail")
	}
	for _, want := range []string{
		"slipwaytest_test.TestLeaving called GET https://outside.test/secrets by http.DefaultTransport: a test does not leave the machine",
		"slipway.Setup.Outside", "requests to the outside: 1", "PASS", // the test itself was content
	} {
		if !strings.Contains(string(out), want) {
			t.Errorf("the process said\n%s\nwant %q in it", out, want)
		}
	}
}

func TestLeaving(t *testing.T) {
	t.Parallel()
	if os.Getenv(leaving) == "" {
		t.Skip("only in a process of its own")
	}
	server := httptest.NewServer(http.HandlerFunc(sunny))
	defer server.Close()
	for address, allowed := range map[string]bool{server.URL: true, "https://outside.test/secrets?key=made-up": false} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(r)
		if err == nil {
			resp.Body.Close()
		}
		if (err == nil) != allowed {
			t.Errorf("GET %s: %v", address, err)
		}
	}
}
