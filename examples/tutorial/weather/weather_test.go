package weather_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/slipway-go/slipway/examples/tutorial/weather"
	"github.com/slipway-go/slipway/examples/tutorial/weather/weatherapi"
	"github.com/slipway-go/slipway/slipwaytest"
)

func TestMain(m *testing.M) { slipwaytest.Main(m) }

func TestForecast_providerDown(t *testing.T) {
	t.Parallel()
	k := slipwaytest.Tx(t, weather.New())
	slipwaytest.External(k, provider, http.HandlerFunc(knows), slipwaytest.Down)
	slipwaytest.Do(k.User("anna"), weatherapi.Forecast, rome).WantCode(503, "unavailable")
}

func TestForecast(t *testing.T) {
	t.Parallel()
	k := slipwaytest.Tx(t, weather.New())
	slipwaytest.External(k, provider, http.HandlerFunc(knows), slipwaytest.Reset, slipwaytest.Recovered)

	got := slipwaytest.Do(k.User("anna"), weatherapi.Forecast, rome).Want(200).Body
	if got.Text != "sunny" {
		t.Errorf("text = %q, want sunny", got.Text)
	}
	slipwaytest.Do(k.User("anna"), weatherapi.Forecast, weatherapi.ForecastInput{City: "atlantis"}).Want(404)
}

const provider = "https://weather.example"

var rome = weatherapi.ForecastInput{City: "rome"}

// knows answers for the provider.
func knows(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/v1/rome" {
		http.NotFound(w, r)
		return
	}
	_, _ = io.WriteString(w, `{"text": "sunny"}`) // into memory
}
