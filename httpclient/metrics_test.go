package httpclient_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/slipway-go/slipway/httpclient"
	"github.com/slipway-go/slipway/telemetry/metricstest"
)

func counted(n http.RoundTripper, r prometheus.Registerer) http.RoundTripper {
	return httpclient.Chain(n,
		httpclient.Retry(httpclient.RetryConfig{}),
		httpclient.Breaker(httpclient.BreakerConfig{Target: "cart", Metrics: r}),
		httpclient.AttemptTimeout(time.Second),
		httpclient.Count(httpclient.CountConfig{Metrics: r, Target: "cart"}),
		named("cart"),
	)
}

func TestCount(t *testing.T) {
	t.Parallel()

	for name, c := range map[string]struct {
		step step
		want string
	}{
		"AnAnswer":               {status(http.StatusNotFound), `http_response_status_code="404"`},
		"ADefect":                {status(http.StatusInternalServerError), `http_response_status_code="500"`},
		"AConnectionNotMade":     {fails(errRefused), `error_type="unreachable"`},
		"AConnectionThatBroke":   {fails(errReset), `error_type="broken"`},
		"AnAttemptThatTooksLong": {hangs, `error_type="timeout"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := prometheus.NewRegistry()
				ctx := httpclient.WithRoute(t.Context(), "GET /carts/{id}")
				do(counted(newNeighbour(c.step), r), request(ctx, t, http.MethodGet, ""))
				found := metricstest.Series(t, r, "http_client_request_duration_seconds")
				if !slices.ContainsFunc(found, func(s string) bool {
					return strings.Contains(s, c.want) && strings.Contains(s, `url_template="/carts/{id}"`) && strings.Contains(s, `target="cart"`)
				}) {
					t.Errorf("no series with %s among\n%s", c.want, strings.Join(found, "\n"))
				}
			})
		})
	}

	t.Run("ARetry", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			r := prometheus.NewRegistry()
			get(t, counted(newNeighbour(fails(errRefused), status(http.StatusOK)), r))
			metricstest.Want(t, r, `slipway_call_retries_total{target="cart"} 1`)
		})
	})

	t.Run("NoMoreSeriesThanABound", func(t *testing.T) {
		t.Parallel()
		r := prometheus.NewRegistry()
		c := counted(newNeighbour(status(http.StatusOK)), r)
		for i := range 10_000 {
			ctx := httpclient.WithRoute(context.WithoutCancel(t.Context()), fmt.Sprintf("GET /carts/%d", i)) // whoever takes a path for a route
			do(c, request(ctx, t, http.MethodGet, ""))
		}
		if n := len(metricstest.Series(t, r, "http_client_request_duration_seconds")); n > 1100 {
			t.Errorf("%d series", n)
		}
	})
}

func TestBreaker_TellsPrometheus(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := prometheus.NewRegistry()
		n := newNeighbour(fails(errRefused))
		c := httpclient.Chain(n, httpclient.Breaker(httpclient.BreakerConfig{Target: "cart", Metrics: r}), named("cart"))
		metricstest.Want(t, r, `slipway_breaker_open{target="cart"} 0`)
		for range 12 {
			get(t, c)
		}
		metricstest.Want(t, r, `slipway_breaker_open{target="cart"} 1`)
		metricstest.Want(t, r, `slipway_breaker_refused_calls_total{target="cart"} 2`)
		time.Sleep(2 * time.Second)
		get(t, c)
		metricstest.Want(t, r, `slipway_breaker_open{target="cart"} 1`) // the trial did not work
		n.steps = []step{status(http.StatusOK)}
		time.Sleep(2 * time.Second)
		get(t, c)
		metricstest.Want(t, r, `slipway_breaker_open{target="cart"} 0`)
	})
}
