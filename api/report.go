package api

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"github.com/slipway-go/slipway/telemetry"
)

// report tells of the unexpected error behind an answer, with what there is to know of
// the request, unless nobody needs to hear of it. That too is in the log.
func (x *exchange) report(ctx context.Context, r *http.Request) {
	o := x.endpoint.observer
	if why := x.unreported(r.Context()); why != "" {
		o.Logger.LogAttrs(ctx, slog.LevelWarn, "error not reported", slog.String("why", why), slog.Any("error", x.err), slog.String("route", x.endpoint.pattern))
		return
	}
	o.Reporter.Report(ctx, x.err, x.reportAttrs(r)...)
}

// unreported says why the error is not reported, or nothing. Each failure is reported
// once, by the module where it happened; a panic always is one of ours.
func (x *exchange) unreported(asked context.Context) string {
	if _, ok := errors.AsType[*telemetry.PanicError](x.err); ok {
		return ""
	}
	switch gone := asked.Err(); {
	case telemetry.ReportedElsewhere(x.err):
		return "the neighbour that failed has reported it"
	case errors.Is(gone, context.Canceled):
		return "the caller went away, which ends the work half done"
	case gone != nil && errors.Is(x.err, context.DeadlineExceeded):
		return "the caller's time was over; whoever set it reports that"
	}
	return ""
}

// reportAttrs are made when there is something to report, and never otherwise. No body is
// among them, nothing of a person but the id, and of the headers what a log may show.
func (x *exchange) reportAttrs(r *http.Request) []slog.Attr {
	attrs := []slog.Attr{
		slog.String("route", x.endpoint.pattern),
		slog.String(telemetry.HTTPRequestMethod, r.Method),
		slog.String(telemetry.URLPath, x.endpoint.shown(r.URL)),
		{Key: telemetry.HTTPRequestHeader, Value: (&telemetry.Redactor{}).Headers(r.Header)},
	}
	if p := x.principal; p != nil {
		if !p.IsService() {
			attrs = append(attrs, slog.String(telemetry.UserID, p.Subject))
		}
		if s := p.Service(); s != "" {
			attrs = append(attrs, slog.String(telemetry.Caller, s))
		}
	}
	return attrs
}
