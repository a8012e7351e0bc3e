package slipwaytest

import (
	"log" //nolint:depguard // whose lines must be caught where somebody uses it
	"log/slog"
	"testing"

	"github.com/slipway-go/slipway/api"
)

// catchStray collects, until the test ends, what is logged beside the module's
// logger: by slog's default and by package log.
func catchStray(t *testing.T) *logBuffer {
	t.Helper()
	stray := &logBuffer{}
	logger, flags, out := slog.Default(), log.Flags(), log.Writer()
	slog.SetDefault(slog.New(slog.NewTextHandler(stray, nil)))
	t.Cleanup(func() {
		slog.SetDefault(logger)
		log.SetFlags(flags)
		log.SetOutput(out)
	})
	return stray
}

// findStray tells of what was logged beside the module's logger since it was last asked.
func (u *universal) findStray(t *testing.T, r *api.Route) {
	t.Helper()
	for _, line := range u.stray.take() {
		t.Errorf("%s logs beside the module's logger, without its module and its trace: log through m.Logger() of the set-up\n%s", r.Pattern(), line)
	}
}
