// Package weatherapi is the contract of the module weather.
package weatherapi

import (
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
)

var Module = api.Module("weather")

type ForecastInput struct {
	City string `path:"city" pattern:"^[a-z]{1,50}$"`
}

type Outlook struct {
	Text string `json:"text"`
}

var Forecast = api.GET[ForecastInput, Outlook](Module, "/forecasts/{city}", auth.SignedIn(), "Ask what the weather will be")
