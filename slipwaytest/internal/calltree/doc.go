// Package calltree records what happened in one test and draws it as a tree.
//
//	r := calltree.New()
//	callers := r.Requests(s2s.Local(app.Handler()), pattern)
//	…
//	t.Log(r.String())
//
//	GET /carts/{id}  200  1.2 ms  by user 3f2a91bc… as customer
//	├─ sql    SELECT … FROM carts WHERE id = $1  1 row  0.3 ms
//	└─ call   catalog GET /quotes  200  0.8 ms
//	   └─ sql    SELECT … FROM prices WHERE sku = ANY($1)  2 rows  0.2 ms
//
// The recorder stands where things pass: [Recorder.Requests] before the process,
// [Recorder.Neighbour] between two modules, [Recorder.SSO] before the SSO,
// [Recorder.Tracer] at the database and [Recorder.Log] at the log. Whatever else
// there is to see is told with [Recorder.Start].
//
// # Guaranteed
//
//   - An entry hangs below the request or the call in whose trace it happened, as
//     the spans of package telemetry tell, however many goroutines are at work.
//   - Entries stand in the order in which they began. Equal ones below one parent
//     are one line with their number.
//   - No argument of a statement and no body is shown: routes are shown by their
//     patterns, statements with their placeholders, and every other text as
//     [telemetry.Redactor] lets it through.
//   - The recorder keeps [MaxEntries] entries and draws [maxLines] lines; what is
//     left out is counted.
//
// # Not guaranteed
//
// Work that goes on when its request has been answered is shown as far as it came.
// A span whose access line is yet to be written is known only by its trace, so
// what it did stands directly below the trace's request.
package calltree
