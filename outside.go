package slipway

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/slipway-go/slipway/httpclient"
	"github.com/slipway-go/slipway/internal/txscope"
	"github.com/slipway-go/slipway/telemetry"
)

// Outside returns the client for one host outside of the product: an acquirer, a
// mail service, a map. The name stands for it in logs. What calls between
// modules have, these have too: time limits and retries by the CALL_ settings, a
// breaker, the trace, one line per attempt with secrets hidden; only a token
// they have not. A call inside a database transaction is refused.
//
// Redirects are followed as http.Client does, and the text of its errors repeats
// the address: keep secrets out of it.
func (s *Setup) Outside(name string) *http.Client {
	a, observer := s.app, s.app.observer(s.module.Name())
	transport := a.network
	if a.overrides.Outside != nil {
		transport = a.overrides.Outside(s.module.Name(), name, transport)
	}
	return &http.Client{Transport: httpclient.Chain(transport,
		notInTransaction(name),
		httpclient.Deadline(a.settings.http.Timeout),
		httpclient.Retry(a.settings.http.RetryConfig()),
		httpclient.Breaker(httpclient.BreakerConfig{Target: name, Logger: observer.Logger, Metrics: observer.Metrics}),
		httpclient.AttemptTimeout(a.settings.http.AttemptTimeout),
		httpclient.Trace(name),
		httpclient.Count(httpclient.CountConfig{Metrics: observer.Metrics, Target: name}),
		httpclient.Log(httpclient.LogConfig{Logger: observer.Logger, Redactor: &telemetry.Redactor{}, Target: name, Outside: true}),
		httpclient.LimitBody(a.settings.http.MaxResponseBytes),
	)}
}

var errInTransaction = errors.New("a host outside is called inside a database transaction: rows would stay locked while it works, and its effect would outlive a rollback; call before or after InTx")

func notInTransaction(name string) httpclient.Layer {
	return func(next http.RoundTripper) http.RoundTripper {
		return httpclient.RoundTripperFunc(func(r *http.Request) (*http.Response, error) {
			if txscope.In(r.Context()) {
				return nil, fmt.Errorf("call %s: %w", name, errInTransaction)
			}
			return next.RoundTrip(r)
		})
	}
}
