package slipwaytest

import (
	"net/http"
	"testing"
)

// proveHealth runs the module as main would, on a listener, with a database of its own
// and over a RabbitMQ, and takes them away for a while.
func (u *universal) proveHealth(t *testing.T) {
	p := u.run(t)
	t.Run("says that it lives and is ready", func(t *testing.T) {
		p.want(t, "/healthz", http.StatusOK)
		p.want(t, "/readyz", http.StatusOK)
	})
	t.Run("opens no door but its own", func(t *testing.T) {
		strange, known := p.strangeDoors()
		if !known {
			t.Skip("this system does not tell on which addresses a process listens")
		}
		for _, address := range strange {
			t.Errorf("module %s listens on %s by itself, where nobody looks at a token: declare what it serves in the contract (api.Handler takes any http.Handler), and the kit serves it", u.module.Name(), address)
		}
	})
	t.Run("is not ready while its database is away", func(t *testing.T) {
		if p.database == "" {
			t.Skip("the module has no database")
		}
		p.setReachable(t, false)
		defer p.setReachable(t, true)
		p.want(t, "/readyz", http.StatusServiceUnavailable)
		p.want(t, "/healthz", http.StatusOK)
	})
	t.Run("is ready again when its database is", func(t *testing.T) { p.want(t, "/readyz", http.StatusOK) })
	t.Run("is not ready while its broker is away", func(t *testing.T) {
		if p.broker == nil {
			t.Skip("the module has no events")
		}
		if p.lied {
			t.Skip("what it says is not true anyway")
		}
		p.broker.setCut(true)
		defer p.broker.setCut(false)
		p.want(t, "/readyz", http.StatusServiceUnavailable)
		p.want(t, "/healthz", http.StatusOK)
	})
	t.Run("is ready again when its broker is", func(t *testing.T) { p.wantWithin(t, brokerPatience, "/readyz", http.StatusOK) })
	t.Run("is not ready any more once it is told to stop", func(t *testing.T) {
		if p.lied {
			t.Skip("what it says is not true anyway")
		}
		p.cancel()
		p.want(t, "/readyz", http.StatusServiceUnavailable, unreachable) // which is as plain a word
	})
}
