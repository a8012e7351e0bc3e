package slipway

import (
	"cmp"
	"fmt"
	"os"
	"runtime/debug"
	"strings"

	"github.com/slipway-go/slipway/config"
)

// An announcement is a line for a person, printed when the process is ready.
type announcement struct{ label, text string }

func (a *App) announce(label, text string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.announcements = append(a.announcements, announcement{label, text})
}

// greet tells the person who started the process where it is. It goes to
// stderr: stdout carries JSON lines and nothing else.
func (a *App) greet(addr string) {
	a.logger.Info("ready", "addr", addr, "modules", strings.Join(a.hostedNames(), ","))
	if a.source.Environment() == config.Production {
		return
	}
	lines := []announcement{{"Address", "http://" + addr}}
	if a.settings.process.Docs {
		lines = append(lines, announcement{"API", "http://" + addr + "/docs/"})
	}
	a.mu.Lock()
	lines = append(lines, a.announcements...)
	a.mu.Unlock()
	var b strings.Builder
	fmt.Fprintf(&b, "\n  %s is ready (%s)\n\n", a.settings.process.name(), cmp.Or(strings.Join(a.hostedNames(), ", "), "edge"))
	for _, l := range lines {
		fmt.Fprintf(&b, "  %-12s %s\n", l.label, l.text)
	}
	fmt.Fprintf(&b, "\n  Ctrl-C stops it.\n\n")
	_, _ = os.Stderr.WriteString(b.String()) // nobody may be looking
}

func (a *App) hostedNames() []string {
	var names []string
	for _, m := range a.hosted() {
		names = append(names, m.Name())
	}
	return names
}

// buildVersion returns the version that the binary was built from.
func buildVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	return cmp.Or(info.Main.Version, "development")
}
