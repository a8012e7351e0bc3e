package traces_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/slipway-go/slipway/telemetry"
	"github.com/slipway-go/slipway/telemetry/traces"
)

// legOf returns so many calls of one trace, each with a statement of its own.
func legOf(leg, spans int) []telemetry.SpanData {
	all := make([]telemetry.SpanData, spans)
	for n := range all {
		all[n] = work(at(1, 1+leg*spans+n, 0), telemetry.Client, "cart", "SELECT", 0, 1, sql(strings.Repeat("x", 500)+fmt.Sprint(n)))
	}
	return all
}

// TestStore_largeTraces looks at the heap and counts allocations, so it runs alone.
func TestStore_largeTraces(t *testing.T) {
	t.Run("hold no more than what is kept of them", func(t *testing.T) {
		s := newStore(traces.Config{})
		before := heap()
		for leg := range 103 {
			s.Record(legOf(leg, 512))
		}
		if grown := int64(heap()) - int64(before); grown > 4<<20 {
			t.Errorf("1100 spans of 500 bytes hold %d KiB, want 4 MiB at most", grown>>10)
		}
		if got := find(t, s, "ab"); got.Spans != 1100 || got.Spans+got.Dropped != 103*512 {
			t.Errorf("%d spans are kept and %d dropped, want 1100, and all of %d", got.Spans, got.Dropped, 103*512)
		}
	})
	t.Run("cost nothing once they are full", func(t *testing.T) {
		s := newStore(traces.Config{SpansPerTrace: 10})
		for range 20 {
			request(s, 1, 1, "")
		}
		late := legOf(1, 3)
		if got := testing.AllocsPerRun(100, func() { s.Record(late) }); got > 0 {
			t.Errorf("a leg that there is no room for costs %v allocations, want none", got)
		}
	})
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
