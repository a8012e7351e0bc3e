package receipts

import (
	"context"

	"github.com/slipway-go/slipway/jobs"
	"github.com/slipway-go/slipway/modules/acquiring/acquiringapi"
	"github.com/slipway-go/slipway/postgres"
)

// writeReceipt is the job that writes a receipt for a payment.
type writeReceipt struct{ book book }

var _ jobs.Handler[acquiringapi.PaymentCaptured] = writeReceipt{}

// IsTriggered implements jobs.Handler: an event that is replayed finds its receipt.
func (w writeReceipt) IsTriggered(ctx context.Context, d jobs.Delivery[acquiringapi.PaymentCaptured]) (jobs.Decision, error) {
	written, err := w.book.has(ctx, d.Data.PaymentID)
	if written {
		return jobs.Skip("the payment has a receipt"), nil
	}
	return jobs.Triggered, err
}

// Process implements jobs.Handler.
func (w writeReceipt) Process(_ context.Context, d jobs.Delivery[acquiringapi.PaymentCaptured]) (jobs.Effect, error) {
	return func(ctx context.Context, tx postgres.Tx) error { return w.book.write(ctx, tx, d.Data) }, nil
}
