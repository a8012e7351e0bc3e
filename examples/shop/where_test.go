package main

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/slipway-go/slipway/slipwaytest"
	"github.com/slipway-go/slipway/telemetry"
	"github.com/slipway-go/slipway/telemetry/traces"
)

// One address tells where the time of a purchase went, in one process and in five: whoever
// starts the product for development needs no other software.
func TestTraces_tellWhereThePurchaseWent(t *testing.T) {
	t.Parallel()
	slipwaytest.DeploymentsWith(t, map[string]string{"SLIPWAY_ENV": "development"}, modules(), func(t *testing.T, k *slipwaytest.Kit) {
		s, at := &shop{t, k}, telemetry.NewSpanContext()
		s.buy(slipwaytest.Within(at))

		var trace traces.Trace
		s.eventuallyOr("the whole trace is kept, with its receipt", func() bool {
			got := k.Anonymous().JSON(http.MethodGet, "/debug/traces/"+at.TraceIDString()+"?as=json", "")
			return got.Status == 200 && json.Unmarshal(got.Raw, &trace) == nil &&
				slices.ContainsFunc(trace.Summary.Jobs, func(h traces.Happening) bool { return h.In == place(&trace, "receipts") })
		}, func() { t.Logf("%+v", trace) })

		for _, module := range []string{"acquiring", "cart", "receipts"} {
			if place(&trace, module) == "" {
				t.Errorf("the trace has not passed %s: %v", module, trace.Passed)
			}
		}
		if !slices.ContainsFunc(trace.Summary.Calls, func(c traces.Called) bool { return c.To == "cart" && c.Count > 0 && c.Total > 0 }) {
			t.Errorf("calls = %+v, want those of cart with their number and time", trace.Summary.Calls)
		}
		if trace.Summary.SQL.Count == 0 || trace.Summary.SQL.Total == 0 || len(trace.Summary.SQL.Statements) == 0 {
			t.Errorf("SQL = %+v, want statements with their number and time", trace.Summary.SQL)
		}
		if !slices.ContainsFunc(trace.Summary.Events, func(h traces.Happening) bool { return strings.Contains(h.Name, "acquiring.") }) {
			t.Errorf("events = %+v, want that of the payment", trace.Summary.Events)
		}
	})
}

// place is how the trace names the place where a module is at work; "" if it did not come there.
func place(t *traces.Trace, module string) string {
	for _, p := range t.Summary.Passed {
		if p.Module == module {
			return p.Place
		}
	}
	return ""
}
