package httpclient

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/slipway-go/slipway/telemetry"
)

// RetryConfig says how often calls are retried.
type RetryConfig struct{ Retries int }

// BreakerConfig describes a breaker.
type BreakerConfig struct{ Target string }

// LogConfig describes the log line of a call.
type LogConfig struct {
	Logger   *slog.Logger
	Redactor *telemetry.Redactor
	Target   string
}

func pass(next http.RoundTripper) http.RoundTripper { return next }

// Deadline bounds a call with all its attempts.
func Deadline(time.Duration) Layer { return pass }

// Retry repeats calls that may be repeated.
func Retry(RetryConfig) Layer { return pass }

// Breaker stops calling a neighbour that is down.
func Breaker(BreakerConfig) Layer { return pass }

// AttemptTimeout bounds one attempt.
func AttemptTimeout(time.Duration) Layer { return pass }

// Trace sends the trace along.
func Trace() Layer { return pass }

// Log writes one line per attempt.
func Log(LogConfig) Layer { return pass }

// LimitBody bounds the answer.
func LimitBody(int64) Layer { return pass }
