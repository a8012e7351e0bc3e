// Package traces answers where the time went: it keeps the recent traces of a process, or
// of several, and shows each as a tree.
//
//	store := traces.New(traces.Config{Service: "shop", Kept: 200})
//	tracer := telemetry.NewTracer(cfg, redactor, store)
//	mux.Handle("GET /debug/traces/", traces.Handler("/debug/traces", store))
//
// # Guaranteed
//
//   - Memory is bounded: the number of traces, the spans of one, the texts of a span and
//     all together ([Config]). What goes first is the oldest; of what failed and of what
//     was slowest, some stay longer.
//   - The spans of a trace may come late, in any order, from several processes and more
//     than once. What hangs below a span that did not come is shown all the same, and
//     marked.
//   - Nothing that a span says can break a page, a line or a terminal.
//
// # Not guaranteed
//
// Nothing is kept across a restart, and a trace of which parts are still under way is
// shown without them. Clocks of several machines may differ; here nobody corrects them.
package traces
