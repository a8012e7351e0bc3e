package slipway

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/slipway-go/slipway/problem"
)

// health answers whether the process lives and whether it can serve. Ready
// means that its own databases answer and that it is connected to its broker; a neighbour that is
// down makes nobody unready, or one failure would take all down.
type health struct {
	app   *App
	ready atomic.Bool

	mu      sync.Mutex
	checked time.Time
	failing string
}

func newHealth(a *App) *health { return &health{app: a} }

type healthAnswer struct {
	Status string `json:"status"`
}

func (h *health) live(w http.ResponseWriter, _ *http.Request) { writeHealth(w, "ok") }

func (h *health) readiness(w http.ResponseWriter, r *http.Request) {
	if !h.ready.Load() {
		problem.Write(w, problem.Unavailable("starting or stopping").WithCode("not_ready"), "")
		return
	}
	if why := h.why(r.Context()); why != "" {
		problem.Write(w, problem.Unavailable("%s", why).WithCode("not_ready"), "")
		return
	}
	writeHealth(w, "ready")
}

func writeHealth(w http.ResponseWriter, status string) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(healthAnswer{status}) // the client may be gone
}

const (
	healthTimeout = 2 * time.Second
	healthMaxAge  = 500 * time.Millisecond // however many ask, the databases are asked this often
)

// why returns what keeps the process from serving, or "".
func (h *health) why(ctx context.Context) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	if time.Since(h.checked) < healthMaxAge {
		return h.failing
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), healthTimeout)
	defer cancel()
	h.failing = cmp.Or(h.failingDatabase(ctx), h.failingBus())
	h.checked = time.Now()
	return h.failing
}

func (h *health) failingDatabase(ctx context.Context) string {
	for _, m := range h.app.hosted() {
		if db := h.app.setups[m.Name()].db; db != nil && db.Ping(ctx) != nil {
			return "the database of " + m.Name() + " does not answer"
		}
	}
	return ""
}

func (h *health) failingBus() string {
	if err := h.app.eventing.bus.Healthy(); err != nil {
		return "the bus of events: " + err.Error()
	}
	return ""
}
