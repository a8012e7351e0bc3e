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

// Behind has what happens in the trace until end is called count for nobody: it is done
// behind the request, which does not wait for it in a running process.
func (r *Recorder) Behind(span telemetry.SpanContext) (end func()) {
	r.behind(span, 1)
	return func() { r.behind(span, -1) }
}

func (r *Recorder) behind(span telemetry.SpanContext, more int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.hidden[span.TraceID] += more; r.hidden[span.TraceID] == 0 {
		delete(r.hidden, span.TraceID)
	}
}

// IsBehind reports whether something of the trace is done behind at the moment.
func (r *Recorder) IsBehind(span telemetry.SpanContext) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.hidden[span.TraceID] > 0
}

// count must be called with the lock held.
func (r *Recorder) count(e Entry) {
	trace := e.In.TraceID
	w := r.watches[trace]
	switch {
	case w == nil, r.hidden[trace] > 0:
	case e.Kind == Call:
		w.calls++
	case e.Kind == Batch, e.Kind == SQL && !e.momentary:
		w.queries++
	}
}
