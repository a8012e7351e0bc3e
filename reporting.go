package slipway

import (
	"cmp"
	"log/slog"
	"net/http"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/telemetry"
	"github.com/slipway-go/slipway/telemetry/sentry"
)

// openReports opens the way to Sentry, if there is one; it connects at the first report.
func (a *App) openReports() (err error) {
	settings := a.settings.reports
	if settings.DSN.Reveal() == "" || a.overrides.Reporter != nil {
		return nil
	}
	settings.Environment = cmp.Or(settings.Environment, string(a.source.Environment()))
	settings.Release = cmp.Or(settings.Release, buildVersion())
	own := a.observer(KitOwner)
	a.reports, err = sentry.Open(sentry.Config{
		Settings: settings, Service: a.settings.process.name(), Transport: a.network, Logger: own.Logger, Metrics: own.Metrics,
	})
	if err == nil {
		a.closers = append(a.closers, a.reports.Close) // the first, and so the last to end
	}
	return err
}

// reporter is that of a module: its log, and Sentry if there is one.
func (a *App) reporter(module string, logger *slog.Logger) telemetry.Reporter {
	switch {
	case a.overrides.Reporter != nil:
		return a.overrides.Reporter
	case a.reports != nil:
		return telemetry.Reporters(telemetry.LogReporter(logger), a.reports.For(module))
	}
	return telemetry.LogReporter(logger)
}

// A drillError is what a person asked for.
type drillError struct{}

func (drillError) Error() string {
	return "this is a drill: somebody has asked POST /debug/fail for a failure, to see that it is reported"
}

// failHandler fails as a route with a defect does.
func (*App) failHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { api.Fail(w, r, drillError{}) })
}
