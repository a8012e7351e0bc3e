package slipway

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"runtime"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/httpclient"
	"github.com/slipway-go/slipway/internal/uuid7"
	"github.com/slipway-go/slipway/telemetry/otlp"
)

// openExport prepares the export of spans, where the settings name a receiver.
func (a *App) openExport() error {
	if !a.settings.otlp.On() || len(a.settings.otlp.Validate()) > 0 { // of which loadSettings has told
		return nil
	}
	// A transport of its own: batches take no connection from calls, and nothing here makes
	// spans of the sending of spans.
	transport, err := httpclient.NewTransport(a.settings.http)
	if err != nil {
		return nil //nolint:nilerr // the transport to neighbours tells the same
	}
	a.exporter, err = otlp.New(otlp.ExporterConfig{
		Config: a.settings.otlp, Observer: a.observer(KitOwner), Transport: transport, Resource: a.resource(), Version: buildVersion(),
	})
	if err != nil {
		return fmt.Errorf("export spans: %w", err)
	}
	a.idle = append(a.idle, transport)
	return nil
}

// resource says whose the spans are, in OpenTelemetry's words.
func (a *App) resource() []slog.Attr {
	all := []slog.Attr{
		slog.String("service.name", a.settings.process.name()),
		slog.String("service.version", buildVersion()),
		slog.String("service.instance.id", uuid.UUID(uuid7.New()).String()),
		slog.String("deployment.environment.name", string(a.source.Environment())),
		slog.Int("process.pid", os.Getpid()),
		slog.String("process.runtime.name", "go"),
		slog.String("process.runtime.version", runtime.Version()),
		slog.String("telemetry.sdk.name", "slipway"),
		slog.String("telemetry.sdk.language", "go"),
	}
	if host, err := os.Hostname(); err == nil {
		all = append(all, slog.String("host.name", host))
	}
	return all
}

// startExport sends spans from now on, and until everything else has ended: those of the
// last request too.
func (a *App) startExport(ctx context.Context) {
	if a.exporter == nil {
		return
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan error, 1)
	go func() { done <- a.exporter.Run(ctx) }()
	a.closers = append(a.closers, func() error {
		stop()
		return <-done
	})
}
