package calltree

import "github.com/slipway-go/slipway/telemetry"

// A Watch counts what one trace does.
type Watch struct {
	r       *Recorder
	trace   [16]byte
	calls   int
	queries int
}

// Watch counts from now on what happens in the trace, also beyond [MaxEntries].
func (r *Recorder) Watch(span telemetry.SpanContext) *Watch {
	w := &Watch{r: r, trace: span.TraceID}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.watches[w.trace] = w
	return w
}

// Stop ends the watch and returns how many neighbours were called, each attempt
// counted, and how many statements were sent, a batch counted as one.
func (w *Watch) Stop() (calls, queries int) {
	w.r.mu.Lock()
	defer w.r.mu.Unlock()
	delete(w.r.watches, w.trace)
	return w.calls, w.queries
}

// count must be called with the lock held.
func (r *Recorder) count(e Entry) {
	trace := e.In.TraceID
	w := r.watches[trace]
	switch {
	case w == nil:
	case e.Kind == Call:
		w.calls++
	case e.Kind == Batch, e.Kind == SQL && !e.momentary:
		w.queries++
	}
}
