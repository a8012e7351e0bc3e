package otlp

import (
	"log/slog"
	"sync"

	"github.com/slipway-go/slipway/telemetry"
)

// A queue holds spans until they are sent, as many as it may and as many bytes.
type queue struct {
	limit int // how many it holds
	batch int // how many wake the exporter
	wake  chan struct{}

	mu   sync.Mutex
	ring []telemetry.SpanData // made at the first span
	head int
	used int
	size int // bytes of their texts, or about
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
	taken := 0
	for taken < len(spans) && q.hold(&spans[taken]) {
		taken++
	}
	if q.used >= q.batch {
		q.alarm()
	}
	return len(spans) - taken
}

// hold takes one, or reports that there is no room for it.
func (q *queue) hold(d *telemetry.SpanData) bool {
	size := sizeOf(d)
	if q.used == q.limit || q.size+size > max(leastBytes, q.limit*bytesPerSpan) {
		return false
	}
	q.ring[(q.head+q.used)%q.limit] = *d
	q.used++
	q.size += size
	return true
}

const (
	leastBytes   = 32 << 20 // that any queue may hold
	bytesPerSpan = 4 << 10  // of a queue for more than 8192 spans
)

// sizeOf returns about how many bytes a span holds beside its place.
func sizeOf(d *telemetry.SpanData) int {
	const attrSize, linkSize = 40, 40
	size := len(d.Name) + len(d.Error) + len(d.Attrs)*attrSize + len(d.Links)*linkSize
	for _, a := range d.Attrs {
		if a.Value.Kind() == slog.KindString {
			size += len(a.Value.String())
		}
	}
	return size
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
		q.size -= sizeOf(&q.ring[q.head])
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
