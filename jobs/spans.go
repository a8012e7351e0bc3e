package jobs

import (
	"context"
	"errors"
	"log/slog"

	"github.com/slipway-go/slipway/telemetry"
)

// begin begins the span of an attempt, below the one that emitted the event, enqueued the
// work or reached the slot. A replay, which may come weeks later, is a trace of its own. Both
// are linked to where they come from.
func (a *Attempt) begin(ctx context.Context, t *telemetry.Tracer) (context.Context, *telemetry.Span) {
	from, parent := a.Event.Trace(), a.Event.Trace()
	if a.Run > 0 {
		parent = telemetry.SpanContext{}
	}
	ctx, span := t.Begin(ctx, parent, a.Module, telemetry.Consumer, "job "+a.Job)
	span.Link(from)
	return ctx, span
}

// end says how the attempt went. One that was overtaken or cut short by the end of the
// process has not failed: another one does the work.
func (a *Attempt) end(span *telemetry.Span, err error) {
	attrs := append(make([]slog.Attr, 0, 10), slog.String(telemetry.Job, a.Job), slog.Int64(telemetry.JobID, a.id), slog.Int(telemetry.Attempt, a.Number))
	if a.Run > 0 {
		attrs = append(attrs, slog.Int("run", a.Run))
	}
	if a.Event.Type != "" {
		attrs = append(attrs, a.Event.Attrs("process")...)
	}
	switch {
	case errors.Is(err, ErrOvertaken):
		attrs = append(attrs, slog.String("ended", "overtaken by another attempt"))
	case errors.Is(err, errDraining):
		attrs = append(attrs, slog.String("ended", "handed back, since the process ends"))
	case err != nil:
		span.Fail(err.Error())
	case a.Skipped != "":
		attrs = append(attrs, slog.String("skipped", a.Skipped))
	}
	span.End(attrs...)
}
