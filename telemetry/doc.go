// Package telemetry says what happens: the log, the trace, the report of
// unexpected errors, and what must not be in any of them.
//
//	logger := telemetry.NewLogger(os.Stdout, "shop", telemetry.LogConfig{}, &telemetry.Redactor{})
//	logger.With("module", "cart").InfoContext(ctx, "payment captured", "order_id", id)
//
// # Guaranteed
//
//   - One record is one line of JSON in one Write: time, level, msg, service,
//     module, trace_id, span_id, then the rest. The time is in UTC with nine
//     digits of a second; the trace is the context's. An attribute that is called
//     like one of these fields gets an underscore behind its name. The profiles
//     [ECS] and [GELF] call the fields as Elasticsearch and Graylog do.
//   - A log of [NewQueuedLog] makes nobody wait, and holds no more than 8 MiB of
//     lines that nobody takes. What it drops is counted, and told in a line.
//   - Passwords, tokens, keys and card numbers are hidden by the name of the
//     attribute or field that holds them and, as a second net, by what they look
//     like, in every text of every line, the message included. Headers and bodies
//     are shown by allow-list; a body that is cut off is not shown at all.
//   - A struct is logged field by field, and its tags log:"drop", log:"mask" and
//     log:"hash" hold wherever it stands: behind a pointer, in a list, in a map.
//   - Nothing that is logged can break a line, end the process or go on for ever:
//     texts, depth and numbers of elements are bounded, panics of what is logged
//     are contained.
//   - A span that is kept has ended, is bounded and redacted as lines are. A request or a
//     job that failed or was slow is kept whether or not its trace is sampled, with the
//     spans inside it; where nobody looks a span is nil, and its methods do nothing.
//   - A traceparent is read as W3C Trace Context asks; anything malformed is
//     refused, and a trace begins anew.
//
// # Not guaranteed
//
// A secret that looks like nothing and stands in a field that is called like
// nothing is not recognised: tag the field (log:"drop") or use config.Secret.
// Lines that wait in a queue when the process is killed, or ends by a panic that
// nobody contains, are lost. They are written within moments, unless nobody reads.
//
// The net by value takes one number in ten that looks like a card's for one.
//
// A span that is never ended is not recorded. Of a trace that is not sampled a process
// keeps its own part if that failed or was slow, and others theirs.
//
// # Testing
//
// Give NewLogger a buffer and read its lines, and NewTracer a [Recorder] that keeps spans.
package telemetry
