package slipway

import (
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/telemetry"
)

// openLog returns the log of the process. A test that looks at it finds each line where it
// has been written; a file, such as stdout, has a queue in front of it.
func (a *App) openLog() *telemetry.Log {
	out := a.overrides.Stdout
	if out == nil {
		out = os.Stdout
	}
	open := telemetry.NewLog
	if _, ok := out.(*os.File); ok {
		open = telemetry.NewQueuedLog
	}
	return open(out, a.settings.process.name(), a.settings.log, &telemetry.Redactor{})
}

// countLostLines lets Prometheus know of the lines that nobody will read.
func (a *App) countLostLines() {
	factory := promauto.With(a.observer(KitOwner).Metrics)
	factory.NewCounterFunc(telemetry.DroppedTotal("logs", "full"), func() float64 {
		full, _ := a.log.Dropped()
		return float64(full)
	})
	factory.NewCounterFunc(telemetry.DroppedTotal("logs", "refused"), func() float64 {
		_, refused := a.log.Dropped()
		return float64(refused)
	})
}

// logFlushTimeout is what stdout has at the end for the last lines. Whoever does not read
// does not hold the process up for longer.
const logFlushTimeout = 5 * time.Second

func (a *App) flushLog() { a.log.Flush(logFlushTimeout) }

// surviveReader has the process outlive whoever reads its lines: by default the first one
// that is written to a pipe without a reader ends it.
func surviveReader() { signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) }

// loggingModules are those of which lines may be.
func (a *App) loggingModules() []string { return append(a.topology.names(), KitOwner, edgeOnly) }

// checkLevels refuses levels of modules that nobody knows.
func (a *App) checkLevels() error {
	var errs config.Errors
	for module := range a.settings.log.Levels {
		if !slices.Contains(a.loggingModules(), module) {
			errs = append(errs, config.Problem{
				Variable: "LOG_LEVELS", Given: module, Expected: "levels of some of " + strings.Join(a.loggingModules(), ", "), Fix: "LOG_LEVEL is that of all others",
			})
		}
	}
	if len(errs) == 0 {
		return nil
	}
	return errs
}
