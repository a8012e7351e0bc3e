package compat

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Check returns what would break whoever subscribes to the events in before, one
// error for each event, or nil when they have only grown. Both are AsyncAPI as
// events.Document writes it.
func Check(before, now []byte) error {
	old, err := parse(before)
	if err != nil {
		return err
	}
	current, err := parse(now)
	if err != nil {
		return err
	}
	var errs []error
	for _, topic := range slices.Sorted(maps.Keys(old.Components.Messages)) {
		errs = append(errs, checkEvent(topic, old, current))
	}
	return errors.Join(errs...)
}

func checkEvent(topic string, old, current *document) error {
	m, ok := current.Components.Messages[topic]
	if !ok {
		return gone(topic)
	}
	c := comparison{old: old, current: current, seen: map[[2]*schema]bool{}}
	c.compare("", old.Components.Messages[topic].Payload, m.Payload)
	if len(c.breaks) == 0 {
		return nil
	}
	return broken(topic, c.breaks)
}

// A comparison walks over two schemas side by side.
type comparison struct {
	old, current *document
	seen         map[[2]*schema]bool // a type may hold itself
	breaks       []string
}

func (c *comparison) compare(path string, before, now *schema) {
	before, now = c.old.resolve(before), c.current.resolve(now)
	if pair := [2]*schema{before, now}; !c.seen[pair] {
		c.seen[pair] = true
		defer delete(c.seen, pair) // elsewhere its fields have other names
		c.values(path, before, now)
	}
}

func (c *comparison) values(path string, before, now *schema) {
	if before.text() != now.text() {
		c.say(path, "was %s and is %s: neither reader understands the other's", before.text(), now.text())
		return
	}
	c.enumeration(path, before.Enum, now.Enum)
	c.fields(path, before, now)
	c.part(path, "[]", before.Items, now.Items)
	c.part(path, ".*", before.Values, now.Values)
}

// part compares what a list or a map holds.
func (c *comparison) part(path, step string, before, now *schema) {
	if before != nil || now != nil {
		c.compare(path+step, before, now)
	}
}

func (c *comparison) fields(path string, before, now *schema) {
	for _, name := range slices.Sorted(maps.Keys(before.Properties)) {
		field := path + "." + name
		was, is := slices.Contains(before.Required, name), slices.Contains(now.Required, name)
		switch {
		case now.Properties[name] == nil:
			c.say(field, "is gone or renamed: modules that were built before find it empty")
			continue
		case was && !is:
			c.say(field, "may be missing now: modules that were built before count on it")
		case !was && is:
			c.say(field, "is required now: events that were emitted before may lack it (let it keep omitempty)")
		}
		c.compare(field, before.Properties[name], now.Properties[name])
	}
	for _, name := range slices.Sorted(maps.Keys(now.Properties)) {
		if before.Properties[name] == nil && slices.Contains(now.Required, name) {
			c.say(path+"."+name, "is new and required: events that were emitted before lack it (give it omitempty)")
		}
	}
}

// enumeration lets values be added, and lets all be allowed.
func (c *comparison) enumeration(path string, before, now []any) {
	if len(now) == 0 {
		return
	}
	if len(before) == 0 {
		c.say(path, "is one of %s now: events that were emitted before may say anything", list(now))
		return
	}
	lost := slices.DeleteFunc(slices.Clone(before), func(v any) bool { return slices.Contains(now, v) })
	if len(lost) > 0 {
		c.say(path, "cannot be %s any more: events that were emitted before may be", list(lost))
	}
}

func (c *comparison) say(path, format string, args ...any) {
	name := strings.TrimPrefix(path, ".")
	if name == "" {
		name = "(the data)"
	}
	c.breaks = append(c.breaks, "field "+name+" "+fmt.Sprintf(format, args...))
}

func list(values []any) string {
	texts := make([]string, len(values))
	for i, v := range values {
		b, err := json.Marshal(v)
		if err != nil {
			b = fmt.Append(nil, v) // it was JSON
		}
		texts[i] = string(b)
	}
	return strings.Join(texts, ", ")
}
