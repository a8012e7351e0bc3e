package slipway

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/slipway-go/slipway/events"
)

// checkEvents finds what does not fit among the events that the modules emit and
// subscribe to. With substituted, the modules are some of a product's: a test kit.
func (t *topology) checkEvents(substituted bool) error {
	d := declarations{product: t, substituted: substituted, emitted: map[string]*events.Definition{}, seen: map[string]*events.Definition{}}
	for _, m := range t.modules {
		d.emitter(m)
	}
	for _, m := range t.modules {
		d.subscriber(m)
	}
	return errors.Join(d.errs...)
}

// declarations are those of a product's events, by topic.
type declarations struct {
	product     *topology
	substituted bool
	emitted     map[string]*events.Definition
	seen        map[string]*events.Definition
	errs        []error
}

func (d *declarations) emitter(m Module) {
	d.database(m, "emits", m.emits)
	for _, e := range m.emits {
		switch {
		case !d.add(e):
		case e.Module() != m.Name():
			d.fail("%s emits %s, which is an event of %s: a module emits the events of its own contract; subscribe to it, or define one for %s", m.Name(), e.Topic(), e.Module(), m.Name())
		case d.emitted[e.Topic()] != nil:
			d.fail("%s emits %s twice: leave it out of slipway.Emits once, or give one of them another name or version", m.Name(), e.Topic())
		default:
			d.emitted[e.Topic()] = e
		}
	}
}

func (d *declarations) subscriber(m Module) {
	d.database(m, "subscribes to", m.subscribes)
	own := map[string]bool{}
	for _, e := range m.subscribes {
		switch {
		case !d.add(e):
		case own[e.Topic()]:
			d.fail("%s subscribes to %s twice: one slipway.Subscribes is enough for all of its jobs", m.Name(), e.Topic())
		case !d.has(e.Module()) && !d.substituted:
			d.fail("%s subscribes to %s of module %q, which this product does not have (its modules: %s); is the module missing in main?",
				m.Name(), e.Topic(), e.Module(), strings.Join(d.product.names(), ", "))
		case d.has(e.Module()) && d.emitted[e.Topic()] == nil:
			d.fail("%s subscribes to %s, which %s does not emit: give its NewModule slipway.Emits with the event, or subscribe to a version that it emits",
				m.Name(), e.Topic(), e.Module())
		}
		own[e.Topic()] = true
	}
}

// database refuses events of a module that has no tables to keep them in.
func (d *declarations) database(m Module, verb string, all []*events.Definition) {
	if len(all) > 0 && !m.HasDatabase() {
		d.fail("%s %s %s but has no migrations: events are kept in the module's schema, so give NewModule slipway.Migrations", m.Name(), verb, all[0].Topic())
	}
}

// add takes a declaration, or tells what is wrong with it by itself or beside
// another of the same topic.
func (d *declarations) add(e *events.Definition) bool {
	other := d.seen[e.Topic()]
	switch {
	case other == e:
		return true
	case e.Err() != nil:
		d.errs = append(d.errs, e.Err())
		d.seen[e.Topic()] = e // its mistakes are told once
		return false
	case other != nil && other.Data() != e.Data():
		d.fail("event %s is declared with %s and with %s: one topic has one type; use the value of %s's contract, or make the other one a new version", e.Topic(), other.Data(), e.Data(), e.Module())
		return false
	}
	d.seen[e.Topic()] = e
	return true
}

func (d *declarations) has(module string) bool {
	return slices.Contains(d.product.names(), module)
}

func (d *declarations) fail(format string, args ...any) {
	d.errs = append(d.errs, fmt.Errorf(format, args...))
}

// channels returns the product's events and who subscribes to them; on a service
// those that its modules emit or subscribe to.
func (t *topology) channels() []events.Channel {
	all := channels(t.modules)
	if t.role != roleService {
		return all
	}
	return slices.DeleteFunc(all, func(c events.Channel) bool {
		return !t.hosted[c.Module()] && !slices.ContainsFunc(c.Consumers, func(m string) bool { return t.hosted[m] })
	})
}

func channels(modules []Module) []events.Channel {
	consumers := map[string][]string{}
	for _, m := range modules {
		for _, e := range m.subscribes {
			consumers[e.Topic()] = append(consumers[e.Topic()], m.Name())
		}
	}
	var all []events.Channel
	for _, m := range modules {
		for _, e := range m.emits {
			all = append(all, events.Channel{Definition: e, Consumers: consumers[e.Topic()]})
		}
	}
	return all
}
