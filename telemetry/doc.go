// Package telemetry says what happens: the log, the trace, the report of
// unexpected errors, and what must not be in any of them.
//
//	logger := telemetry.NewLogger(os.Stdout, "shop", telemetry.LogConfig{}, &telemetry.Redactor{})
//	logger.InfoContext(ctx, "payment captured", "order_id", id)
//
// # Guaranteed
//
//   - One record is one line of JSON, written by one Write.
//   - A line written with a context names the trace and span of that context.
//   - Passwords, tokens, keys and card numbers are hidden by the name of the
//     attribute or field that holds them and, as a second net, by what they look
//     like. Headers and bodies are shown by allow-list.
//
// # Not guaranteed
//
// A secret that looks like nothing and stands in a field that is called like
// nothing is not recognised: tag the field (log:"drop") or use config.Secret.
//
// # Testing
//
// Give NewLogger a buffer and read its lines.
package telemetry
