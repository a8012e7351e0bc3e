// Package weather says what the weather will be: a module that asks a host outside
// of the product.
package weather

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/examples/tutorial/weather/weatherapi"
	"github.com/slipway-go/slipway/problem"
)

type Config struct {
	Provider string `env:"PROVIDER" envDefault:"https://weather.example" doc:"The host that knows the weather."` // WEATHER_PROVIDER
}

func New() slipway.Module { return slipway.NewModule(weatherapi.Module, setup) }

func setup(m *slipway.Setup, cfg Config) error {
	s := &service{provider: cfg.Provider, client: m.Outside("provider")}
	api.Handle(m, weatherapi.Forecast, s.forecast)
	return nil
}

type service struct {
	provider string
	client   *http.Client
}

func (s *service) forecast(ctx context.Context, in weatherapi.ForecastInput) (weatherapi.Outlook, error) {
	var out weatherapi.Outlook
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.provider+"/v1/"+in.City, http.NoBody)
	if err != nil {
		return out, fmt.Errorf("address the provider: %w", err)
	}
	resp, err := s.client.Do(r)
	if err != nil {
		return out, problem.Unavailable("nobody knows the weather now").Wrap(err)
	}
	defer resp.Body.Close()
	switch {
	case resp.StatusCode == http.StatusNotFound:
		return out, problem.NotFound("there is no weather in %s", in.City)
	case resp.StatusCode != http.StatusOK:
		return out, problem.Unavailable("nobody knows the weather now").Wrap(fmt.Errorf("the provider said %s", resp.Status))
	}
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil {
		return out, fmt.Errorf("read the forecast: %w", err)
	}
	return out, nil
}
