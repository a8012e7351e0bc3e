package slipway

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/events"
	"github.com/slipway-go/slipway/events/rabbitmq"
	"github.com/slipway-go/slipway/internal/fleet"
	"github.com/slipway-go/slipway/postgres"
)

// Main runs a product: it is the whole of a product's main function. Without
// arguments it serves; "help" names the other commands, with which the settings are
// printed, or events and jobs looked at and mended. It exits with 0 after
// a stop that was asked for and with 1 after an error.
func Main(modules ...Module) { MainContext(context.Background(), modules...) }

// MainContext is [Main] under a context, whose end stops the process in order.
func MainContext(ctx context.Context, modules ...Module) {
	postgres.Supervise()
	rabbitmq.Supervise()
	tuneMemory()
	if err := untilStopped(ctx, func(ctx context.Context) error { return command(ctx, os.Args[1:], os.Stdout, modules) }); err != nil {
		fmt.Fprintf(os.Stderr, "\n%s\n", printable(err.Error()))
		os.Exit(1)
	}
}

// untilStopped runs f under a context that ends when the process is told to stop,
// or with the process that started it as one of several.
func untilStopped(ctx context.Context, f func(context.Context) error) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the process at once
	ctx, cancel := fleet.WithParent(ctx)
	defer cancel()
	return f(ctx)
}

// tuneMemory collects garbage less often than the runtime does by itself, unless
// the user has chosen: a small service's heap sits at the 4 MiB minimum and would
// be collected constantly. The limit keeps a large heap from growing fivefold.
func tuneMemory() {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	debug.SetGCPercent(gcPercent)
	debug.SetMemoryLimit(memoryLimit())
}

const (
	gcPercent          = 400
	defaultMemoryLimit = 1 << 30
)

// memoryLimit is nine tenths of what the process's control group may use, or 1 GiB.
func memoryLimit() int64 {
	b, err := os.ReadFile("/sys/fs/cgroup/memory.max")
	var limit int64
	if err != nil {
		return defaultMemoryLimit
	}
	if _, err := fmt.Sscan(strings.TrimSpace(string(b)), &limit); err != nil || limit <= 0 {
		return defaultMemoryLimit // "max"
	}
	return limit / 10 * 9
}

func run(ctx context.Context, src *config.Source, modules []Module) error {
	app, err := New(src, modules...)
	if err != nil {
		return err
	}
	surviveReader()
	slog.SetDefault(app.logger) // what a library logs is a line of JSON without secrets too
	return app.Run(ctx)
}

func writeOpenAPI(out io.Writer, src *config.Source, modules []Module) error {
	s, err := loadSettings(src)
	if err != nil {
		return err
	}
	contracts := make([]*api.Contract, len(modules))
	for i, m := range modules {
		contracts[i] = m.contract
	}
	b, err := api.Document(api.Info{Title: s.process.name(), Version: buildVersion()}, contracts...)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s\n", b)
	return err
}

func writeAsyncAPI(out io.Writer, src *config.Source, modules []Module) error {
	s, err := loadSettings(src)
	if err != nil {
		return err
	}
	b, err := events.Document(events.Info{Title: s.process.name(), Version: buildVersion()}, channels(modules)...)
	if err != nil {
		return fmt.Errorf("describe the events: %w", err)
	}
	_, err = out.Write(b)
	return err
}
