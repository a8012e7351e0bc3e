package otlp

import (
	"sync"

	"github.com/slipway-go/slipway/telemetry"
)

// A queue holds spans until they are sent, as many as it may.
type queue struct {
	limit int // how many it holds
	batch int // how many wake the exporter
	wake  chan struct{}

	mu   sync.Mutex
	ring []telemetry.SpanData // made at the first span
	head int
	used int
}

func newQueue(limit, batch int) *queue {
	return &queue{limit: limit, batch: min(limit, batch), wake: make(chan struct{}, 1)}
}

// put takes as many as there is room for, and returns how many there was none for.
func (q *queue) put(spans []telemetry.SpanData) (dropped int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.ring == nil {
		q.ring = make([]telemetry.SpanData, q.limit)
	}
	room := min(len(spans), q.limit-q.used)
	for i := range room {
		q.ring[(q.head+q.used)%q.limit] = spans[i]
		q.used++
	}
	if q.used >= q.batch {
		q.alarm()
	}
	return len(spans) - room
}

func (q *queue) alarm() {
	select {
	case q.wake <- struct{}{}:
	default: // it has been woken
	}
}

// take appends up to n, oldest first.
func (q *queue) take(into []telemetry.SpanData, n int) []telemetry.SpanData {
	q.mu.Lock()
	defer q.mu.Unlock()
	for range min(n, q.used) {
		into = append(into, q.ring[q.head])
		q.ring[q.head] = telemetry.SpanData{} // what it holds may be let go
		q.head = (q.head + 1) % q.limit
		q.used--
	}
	return into
}

func (q *queue) len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.used
}
