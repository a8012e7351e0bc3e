package auth

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/slipway-go/slipway/telemetry"
)

// register tells how old what is known of revocations is, and whether the issuer could be
// asked when somebody last called. Nobody asks while nobody calls: an age that grows is bad
// only beside a failure.
func (f *feed) register(r prometheus.Registerer) {
	telemetry.Register(r, prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "slipway_revocations_age_seconds", Help: "Since when the list of revoked sessions and tokens is as it is known; 0 before the first look.",
	}, f.age))
	telemetry.Register(r, prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "slipway_revocations_failing", Help: "1 if the last look at the list of revoked sessions and tokens failed.",
	}, f.isFailing))
}

func (f *feed) age() float64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.looked.IsZero() {
		return 0
	}
	return time.Since(f.looked).Seconds()
}

func (f *feed) isFailing() float64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.failing {
		return 1
	}
	return 0
}
