package sentry

import (
	"strings"

	sdk "github.com/getsentry/sentry-go"

	"github.com/slipway-go/slipway/config"
)

// Settings say where errors are reported; the variables begin with SENTRY_, as other
// programs have them.
type Settings struct {
	// DSN is the address of the project, with its key.
	DSN config.Secret `env:"DSN" example:"https://key@sentry.example.com/42" doc:"Where unexpected errors are reported: the DSN of a project in Sentry, or in what takes its envelopes. Unset: they are in the log alone. They are there in any case."`
	// Environment is that of the reports.
	Environment string `env:"ENVIRONMENT" doc:"The environment that the reports name. Default: SLIPWAY_ENV."`
	// Release is that of the reports.
	Release string `env:"RELEASE" doc:"The release that the reports name. Default: the version of the binary."`
}

var _ config.Validator = Settings{}

// Validate reads the DSN, which no problem repeats.
func (s Settings) Validate() []config.Problem {
	if s.DSN.Reveal() == "" {
		return nil
	}
	_, err := sdk.NewDsn(s.DSN.Reveal())
	if err == nil {
		return nil
	}
	return []config.Problem{{
		Variable: "DSN", Given: s.DSN.String(), Expected: "the DSN of a project, such as https://key@sentry.example.com/42", Fix: mistake(err),
	}}
}

// mistake says what is wrong with a DSN, in words of our own: the library's may have it.
func mistake(err error) string {
	for theirs, ours := range map[string]string{
		"invalid scheme":   "it begins with https:// or http://",
		"empty username":   "the key is missing, which stands before the @",
		"empty host":       "the host is missing",
		"empty project id": "the number of the project is missing, which stands at the end",
	} {
		if strings.HasSuffix(err.Error(), theirs) {
			return ours
		}
	}
	return "it is no URL"
}
