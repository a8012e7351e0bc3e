package httpclient

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/slipway-go/slipway/telemetry"
)

// LogConfig says where the lines about calls go.
type LogConfig struct {
	// Logger writes the lines. Default: none is written.
	Logger *slog.Logger
	// Redactor hides secrets in headers and bodies. Default: the rules of package telemetry.
	Redactor *telemetry.Redactor
	// Target names the neighbour.
	Target string
	// Outside says that the target is no module: no setting of its name has its
	// address.
	Outside bool
}

// Log writes one line per attempt: the target, the route, the parameters in path and query
// without secrets, the status, the duration and the attempt. Headers by allow-list and bodies, redacted,
// are added when the attempt failed (5xx or no answer) and at level debug. An
// error of the transport becomes an [Error] that names the neighbour.
func Log(c LogConfig) Layer {
	if c.Logger == nil {
		c.Logger = telemetry.Discard()
	}
	if c.Redactor == nil {
		c.Redactor = &telemetry.Redactor{}
	}
	return func(next http.RoundTripper) http.RoundTripper {
		return RoundTripperFunc(func(r *http.Request) (*http.Response, error) {
			start := time.Now()
			resp, err := next.RoundTrip(r)
			if err != nil {
				resp, err = nil, c.name(r, err)
			}
			c.write(r, resp, err, start)
			return resp, err
		})
	}
}

// name says whose failure it is. A caller who gave up, or a bound that was
// reached, is no failure of the connection, whatever the transport made of it.
func (c LogConfig) name(r *http.Request, err error) error {
	if ctx := r.Context(); ctx.Err() != nil {
		return fmt.Errorf("call %s: %w", c.Target, ended(ctx))
	}
	e := &Error{Target: c.Target, Err: err, kind: transportFailure(err, garbled), outside: c.Outside}
	if r.URL.Scheme != "" && r.URL.Host != "" {
		e.Address = r.URL.Scheme + "://" + r.URL.Host // no path and no user: they may say too much
	}
	return e
}

func (c LogConfig) write(r *http.Request, resp *http.Response, err error, start time.Time) {
	ctx, now := r.Context(), time.Now()
	level := levelOf(ctx, resp, err)
	if !c.Logger.Enabled(ctx, level) {
		return
	}
	attrs := append(make([]slog.Attr, 0, 12),
		slog.String(telemetry.Target, c.Target),
		slog.String(telemetry.HTTPRequestMethod, r.Method),
		slog.String(telemetry.URLTemplate, template(ctx)),
		slog.String(telemetry.URLPath, c.Redactor.Path(template(ctx), r.URL)),
		slog.Float64(telemetry.DurationMS, float64(now.Sub(start).Microseconds())/1000),
		slog.Int(telemetry.Attempt, attemptOf(ctx)))
	if r.URL.RawQuery != "" {
		attrs = append(attrs, slog.String(telemetry.URLQuery, c.Redactor.Query(r.URL.RawQuery)))
	}
	if err != nil {
		attrs = append(attrs, slog.String(telemetry.ErrorText, err.Error()))
	} else {
		attrs = append(attrs, slog.Int(telemetry.HTTPResponseStatusCode, resp.StatusCode))
	}
	if level > slog.LevelInfo || c.Logger.Enabled(ctx, slog.LevelDebug) {
		attrs = c.appendExchange(attrs, r, resp)
	}
	// Straight to the handler: the logger would look for the line of code that
	// calls it, always this one, and for the time a second time.
	line := slog.NewRecord(now, level, "neighbour called", 0)
	line.AddAttrs(attrs...)
	_ = c.Logger.Handler().Handle(ctx, line) // as a logger does: who cannot write cannot tell
}

// WithRoutine marks a call that is made again and again: its line is written at level
// debug unless it fails.
func WithRoutine(ctx context.Context) context.Context {
	return context.WithValue(ctx, routineKey{}, true)
}

// IsRoutine reports whether [WithRoutine] has marked the call.
func IsRoutine(ctx context.Context) bool { return ctx.Value(routineKey{}) != nil }

type routineKey struct{}

// levelOf is warn for what the neighbour failed to do; that may still be made
// good by a retry, so it is no error yet.
func levelOf(ctx context.Context, resp *http.Response, err error) slog.Level {
	switch {
	case err != nil && errors.Is(ctx.Err(), context.Canceled):
		return slog.LevelInfo
	case err != nil, resp.StatusCode >= http.StatusInternalServerError:
		return slog.LevelWarn
	case resp.StatusCode < http.StatusBadRequest && IsRoutine(ctx):
		return slog.LevelDebug
	}
	return slog.LevelInfo
}
