// Package sentry reports unexpected errors to Sentry, or to whatever takes its envelopes.
//
// A product sets SENTRY_DSN and is done. By hand:
//
//	reports, err := sentry.Open(sentry.Config{Settings: sentry.Settings{DSN: "https://key@sentry.example.com/42"}})
//	…
//	defer reports.Close()
//	observer := telemetry.Observer{Reporter: telemetry.Reporters(telemetry.LogReporter(logger), reports.For("cart"))}
//
// # Guaranteed
//
//   - A report never waits and never blocks: at most 100 wait to be sent, one is under way.
//   - Of one kind of error at most 10 are sent in a minute. The next one that is sent says
//     how many were not.
//   - A limit that Sentry sets (429, Retry-After, X-Sentry-Rate-Limits) is kept.
//   - What is not delivered is counted by its reason in
//     slipway_telemetry_dropped_total{signal="reports"}, and told once in the log.
//   - Everything that is sent has passed the redactor. Of a person there is the id and
//     nothing else; no body, no variable of the environment or of the code.
//   - A kind is told by the module, the types of the error and of its causes, and its text
//     without what looks like an identifier; that of a panic by the code that panicked.
//   - Close sends what waits, for 3 seconds at most.
//
// # Not guaranteed
//
//   - Nothing is kept for later or sent twice: what Sentry does not take is in the log.
//   - Only a panic has a stack: errors are made without one, and that of the edge, where
//     all of them are reported, would be the same for each.
//   - Identifiers without a digit in them are taken for words of the text.
//
// It uses the library of Sentry for its form of an event, its envelope and its limits, and
// neither its client nor its hub: those have globals, goroutines, and read the environment.
//
// # Testing
//
// Package sentrytest takes envelopes as Sentry does.
package sentry
