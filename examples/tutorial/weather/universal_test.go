package weather_test

import (
	"net/http"
	"testing"

	"github.com/slipway-go/slipway/examples/tutorial/weather"
	"github.com/slipway-go/slipway/examples/tutorial/weather/weatherapi"
	"github.com/slipway-go/slipway/slipwaytest"
)

func TestUniversal(t *testing.T) {
	const mirror = "https://mirror.weather.example"
	slipwaytest.Universal(t, weather.New(),
		slipwaytest.Settings(map[string]string{"WEATHER_PROVIDER": mirror}),
		slipwaytest.World(func(k *slipwaytest.Kit) { slipwaytest.External(k, mirror, http.HandlerFunc(knows)) }),
		slipwaytest.Example(weatherapi.Forecast, func(*slipwaytest.Kit) weatherapi.ForecastInput { return rome }),
	)
}
