package slipway

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/slipway-go/slipway/config"
)

// edgeOnly is the value of SLIPWAY_MODULES of a process that hosts no module and
// joins the others under one address.
const edgeOnly = "edge"

// A role is what a process is to the outside.
type role int

const (
	roleWhole   role = iota // hosts every module; its listener is the product's edge
	roleService             // hosts some; its listener is the door for neighbours and the edge
	roleEdge                // hosts none; proxies to where the modules live
)

// A topology says which modules this process hosts and where the others live.
type topology struct {
	role    role
	modules []Module
	hosted  map[string]bool
	remote  map[string]place
	callees map[string][]string // caller → callees, of the whole product
}

// A place is how a module is reached that lives elsewhere; its variables carry
// the module's prefix.
type place struct {
	URL    *url.URL      `env:"URL" doc:"Where the module lives when this process does not host it, such as https://cart.internal."`
	Tokens string        `env:"TOKENS" envDefault:"exchange" oneof:"exchange,forward" doc:"How a user's token travels to the module: exchange (for one addressed to it) or forward (as it is)."`
	Secret config.Secret `env:"CLIENT_SECRET" min:"32" doc:"The module's credential at the SSO. Needed by the process that hosts the module and by the one that hosts the SSO, unless they are one."`
}

func settingsPrefix(module string) string { return strings.ToUpper(module) + "_" }

// newTopology reads where everything lives. It returns nil only when the modules
// themselves do not fit together. With substituted, somebody else
// answers for the neighbours that are not hosted here: a test kit.
func newTopology(src *config.Source, names []string, modules []Module, substituted bool) (*topology, error) {
	t := &topology{modules: modules, hosted: map[string]bool{}, remote: map[string]place{}, callees: map[string][]string{}}
	if err := errors.Join(t.checkModules(), t.checkEvents(substituted)); err != nil {
		return nil, err
	}
	err := config.Join(t.host(names), t.locate(src), t.connect(src))
	if err != nil || substituted {
		return t, err
	}
	return t, t.checkReach()
}

func (t *topology) checkModules() error {
	var errs []error
	seen := map[string]bool{KitOwner: true}
	for _, m := range t.modules {
		if seen[m.Name()] {
			errs = append(errs, fmt.Errorf("module %s is listed twice in main, or has the kit's own name %s", m.Name(), KitOwner))
		}
		if len(m.commands) > 0 && slices.Contains(kitCommands, m.Name()) {
			errs = append(errs, fmt.Errorf("module %s brings commands, and the kit has one of this name: give the module another", m.Name()))
		}
		seen[m.Name()] = true
		errs = append(errs, m.contract.Err())
	}
	return errors.Join(errs...)
}

// host reads SLIPWAY_MODULES.
func (t *topology) host(names []string) error {
	switch {
	case len(names) == 0:
		names = t.names()
	case slices.Equal(names, []string{edgeOnly}):
		t.role = roleEdge
		return nil
	}
	for _, n := range names {
		if !slices.Contains(t.names(), n) {
			return config.Errors{{Variable: "SLIPWAY_MODULES", Given: n, Expected: "some of " + strings.Join(t.names(), ", ") + "; or edge"}}
		}
		t.hosted[n] = true
	}
	if len(t.hosted) < len(t.modules) {
		t.role = roleService
	}
	return nil
}

// neighbours returns caller → callees.
func (t *topology) neighbours() map[string][]string { return maps.Clone(t.callees) }

func (t *topology) names() []string {
	names := make([]string, len(t.modules))
	for i, m := range t.modules {
		names[i] = m.Name()
	}
	return names
}

func (t *topology) locate(src *config.Source) error {
	var errs []error
	// The SSO may live elsewhere without being a module of the product.
	for _, name := range append(t.names(), ssoModule) {
		p, err := config.Load[place](src, settingsPrefix(name))
		errs = append(errs, err)
		t.remote[name] = p
	}
	return config.Join(errs...)
}

func (t *topology) connect(src *config.Source) error {
	var errs []error
	for _, m := range t.modules {
		callees, err := m.callees(src)
		errs = append(errs, err)
		t.callees[m.Name()] = callees
	}
	return config.Join(errs...)
}

// checkReach finds the neighbours that this process must reach and cannot.
func (t *topology) checkReach() error {
	needed := map[string]string{} // module → why
	for _, m := range t.modules {
		if t.role == roleEdge {
			needed[m.Name()] = "the edge passes requests on to it"
		}
		if !t.hosted[m.Name()] {
			continue
		}
		for _, callee := range t.callees[m.Name()] {
			if !slices.Contains(t.names(), callee) {
				return fmt.Errorf("%s calls module %q, which this product does not have (its modules: %s); is a setting of %s* wrong, or is the module missing in main?",
					m.Name(), callee, strings.Join(t.names(), ", "), settingsPrefix(m.Name()))
			}
			needed[callee] = m.Name() + " calls it"
		}
	}
	var problems config.Errors
	for _, name := range slices.Sorted(maps.Keys(needed)) {
		if !t.hosted[name] && t.remote[name].URL == nil {
			problems = append(problems, config.Problem{
				Variable: settingsPrefix(name) + "URL", Expected: "where module " + name + " lives, such as http://10.0.0.7:8080",
				Fix: needed[name] + ", and this process does not host it",
			})
		}
	}
	if len(problems) > 0 {
		return problems
	}
	return nil
}
