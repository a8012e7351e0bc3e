package jobs

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"
	"unicode/utf8"

	"github.com/slipway-go/slipway/events"
	"github.com/slipway-go/slipway/internal/onbehalf"
	"github.com/slipway-go/slipway/internal/uuid7"
	"github.com/slipway-go/slipway/telemetry"
)

// The statement of one delivery, which is sent with the commit.
const insertDelivery = `
INSERT INTO kit_delivery (event_id, job, run_at, type, version, key, traceparent, subject, data, emitted_at)
VALUES ($1, $2, coalesce($3, now()), '', 0, $4, $5, $6, $7, $8)`

// Ready is the signal of a transaction that has made deliveries, for the worker of this
// process.
const Ready = "delivery"

// Enqueue has the job run once the transaction has committed, and not otherwise. The
// key names what it is about; it may be empty. Trace and subject are those of the context.
func (j *Job[T]) Enqueue(ctx context.Context, tx events.Tx, key string, data T) error {
	return j.enqueue(ctx, tx, nil, key, data)
}

// EnqueueAt is [Job.Enqueue] for a later time.
func (j *Job[T]) EnqueueAt(ctx context.Context, tx events.Tx, at time.Time, key string, data T) error {
	return j.enqueue(ctx, tx, &at, key, data)
}

func (j *Job[T]) enqueue(ctx context.Context, tx events.Tx, at *time.Time, key string, data T) error {
	raw, err := encode(key, data)
	if err != nil {
		return fmt.Errorf("enqueue %s: %w", j.name, err)
	}
	within, span := telemetry.Start(ctx, telemetry.Producer, "enqueue "+j.name, slog.String(telemetry.Job, j.name))
	defer span.End()
	if span != nil {
		ctx = within // the job is below its span
	}
	tx.AtCommit(insertDelivery, uuid7.New(), j.name, cmp.Or(at, j.worker.now()), key,
		telemetry.SpanFrom(ctx).Traceparent(), onbehalf.Subject(ctx), raw, time.Now())
	tx.Signal(Ready)
	return nil
}

func encode(key string, data any) ([]byte, error) {
	if len(key) > events.MaxKey || !utf8.ValidString(key) {
		return nil, fmt.Errorf("its key is %d bytes: expected UTF-8 of %d bytes or fewer", len(key), events.MaxKey)
	}
	raw, err := json.Marshal(data)
	if err != nil {
		return nil, fmt.Errorf("write its data as JSON: %w", err)
	}
	if len(raw) > events.MaxData {
		return nil, fmt.Errorf("its data is %d bytes of JSON: expected %d or fewer; "+
			"put what is large into a table, and its name into the data", len(raw), events.MaxData)
	}
	return raw, nil
}
