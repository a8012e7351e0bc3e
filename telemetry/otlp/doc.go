// Package otlp sends spans to where they are looked at, and takes those of others, by the
// OpenTelemetry protocol: protobuf over HTTP (https://opentelemetry.io/docs/specs/otlp/).
//
//	exporter, err := otlp.New(otlp.ExporterConfig{Config: settings, Transport: transport, Observer: observer})
//	tracer := telemetry.NewTracer(traces, redactor, exporter)
//	…
//	err = exporter.Run(ctx) // until ctx is done, and then until what is left is sent
//
//	mux.Handle("POST /v1/traces", otlp.Handler(store))
//
// # Guaranteed
//
//   - Record never waits and never converts: it puts spans into a queue that has a bound.
//     When the queue is full, the newest are dropped.
//   - A batch is sent again when that may help: after 429, 502, 503, 504 and when the
//     connection or the time gave out, with growing pauses or when the receiver wants it
//     (Retry-After), for a minute. Never after any other answer.
//   - What is dropped is counted, by reason, and so is what has arrived. The log has one
//     warning when it begins to fail and one when it works again.
//   - When Run is told to stop, what is in the queue is sent within five seconds, or
//     dropped at the first failure.
//   - A request that [Handler] takes is bounded in size, packed and unpacked, and in what
//     it decodes to.
//
// # Not guaranteed
//
// A batch whose answer got lost is sent again, so a span may arrive twice. What the queue
// holds when the process is killed is lost. Events of spans that others send are left out.
//
// # Testing
//
// Give the exporter a transport that calls [Handler], in a bubble of testing/synctest.
package otlp
