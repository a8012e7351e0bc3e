// Package httpclient makes HTTP clients out of layers around a transport.
//
//	transport, err := httpclient.NewTransport(cfg)
//	…
//	client := httpclient.Chain(transport,
//		httpclient.Deadline(cfg.Timeout),
//		httpclient.Retry(cfg.RetryConfig()),
//		httpclient.Breaker(httpclient.BreakerConfig{Target: "cart"}),
//		httpclient.AttemptTimeout(cfg.AttemptTimeout),
//		httpclient.Trace("cart"),
//		httpclient.Count(httpclient.CountConfig{Metrics: metrics, Target: "cart"}),
//		httpclient.Log(httpclient.LogConfig{Logger: logger, Target: "cart"}),
//		httpclient.LimitBody(cfg.MaxResponseBytes),
//	)
//
// The first layer is the outermost. Each can be left out; the order is the one
// above. A chain belongs to one neighbour: its breaker and its budget of
// retries count that neighbour's failures. Package s2s adds the token.
//
// # Guaranteed
//
//   - A call is made again only when that can have no second effect: its method
//     is idempotent, it has an Idempotency-Key, or nothing of it was sent. Never
//     on 500, never on a TLS error, never beyond its deadline, never for a
//     caller that retries itself, and not for more than a tenth of all calls.
//   - Every wait and every answer has a bound, also the reading of the answer.
//   - One line per attempt, with secrets hidden by [telemetry.Redactor].
//   - An error says which neighbour, at which address, and which setting to look
//     at; what the client sees of it ([problem.From]) says nothing of the kind.
//
// # Not guaranteed
//
// A call that fails late may have taken effect. An answer that breaks off while
// it is read is not retried, and the breaker does not learn of it.
//
// # Testing
//
// Use a [RoundTripperFunc] in place of the transport and testing/synctest for
// the time; nothing here needs a socket or a clock of its own.
package httpclient
