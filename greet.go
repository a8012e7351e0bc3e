package slipway

import (
	"cmp"
	"fmt"
	"net"
	"os"
	"runtime/debug"
	"slices"
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
// stderr: stdout carries JSON lines and nothing else. A process that is a part of
// the product says only what its modules announce; who started it says the rest.
func (a *App) greet(addr string) {
	a.logger.Info("ready", "addr", addr, "modules", strings.Join(a.hostedNames(), ","))
	if a.source.Environment() != config.Development {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.topology.role != roleWhole {
		greeting("", a.announcements, "")
		return
	}
	title := fmt.Sprintf("%s is ready (%s)", a.settings.process.name(), strings.Join(a.hostedNames(), ", "))
	greeting(title, slices.Concat(addresses(addr, a.settings.process), a.settings.traces.addresses(addr, config.Development), a.announcements), "Ctrl-C stops it.")
}

// addresses are where people reach the product, which is what the modules sign and tokens name,
// and where the process listens, if that is another address.
func addresses(listening string, s settings) []announcement {
	base := strings.TrimSuffix(s.publicURL(), "/")
	if _, port, _ := net.SplitHostPort(s.Addr); s.PublicURL == nil && port == "0" {
		base = "http://" + named(listening) // which port it is was known too late for what is signed
	}
	lines := []announcement{{"Address", base}}
	if s.Docs {
		lines = append(lines, announcement{"API", base + "/docs/"})
	}
	if at := "http://" + named(listening); at != base {
		lines = append(lines, announcement{"Listening", at})
	}
	return lines
}

// named is where a browser on this machine reaches an address. Passkeys need a name.
func named(addr string) string {
	addr = reachable(addr)
	if host, port, err := net.SplitHostPort(addr); err == nil && host == "127.0.0.1" {
		return net.JoinHostPort("localhost", port)
	}
	return addr
}

// reachable names a host for an address that stands for all of the machine's.
func reachable(addr string) string {
	if host, port, err := net.SplitHostPort(addr); err == nil && isAll(host) {
		return net.JoinHostPort("localhost", port)
	}
	return addr
}

// greeting prints a title, lines and a last word, each where there is one.
func greeting(title string, lines []announcement, last string) {
	var b strings.Builder
	if title != "" {
		fmt.Fprintf(&b, "\n  %s\n\n", title)
	}
	for _, l := range lines {
		fmt.Fprintf(&b, "  %-12s %s\n", l.label, l.text)
	}
	if last != "" {
		fmt.Fprintf(&b, "\n  %s\n\n", last)
	}
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
	if info.Main.Version == "(devel)" {
		return "development"
	}
	return cmp.Or(info.Main.Version, "development")
}
