package compat

import (
	"fmt"
	"strconv"
	"strings"
)

func broken(topic string, breaks []string) error {
	module, name, version := split(topic)
	return fmt.Errorf(`%s would break the modules that subscribe to it:

	%s

Within a major version data only grows, by fields that may be missing. Keep version %d as it was, define version %d beside it,

	events.Define[…](%sapi.Module, %q, %d, "…")

and emit both for as long as anybody subscribes to %s. %s`,
		topic, strings.Join(breaks, "\n\t"), version, version+1, module, name, version+1, topic, byHand(topic, "If it was never emitted anywhere"))
}

func gone(topic string) error {
	return fmt.Errorf(`%s is not emitted any more: the modules that subscribe to it would wait for ever, and could not start beside this one. Emit it for as long as anybody subscribes. %s`,
		topic, byHand(topic, "If nobody does"))
}

// byHand tells how to say that a break is meant.
func byHand(topic, when string) string {
	return fmt.Sprintf("%s, delete %q below components.messages from the golden file by hand, and write the file anew.", when, topic)
}

// split takes cart.checked_out.v1 apart.
func split(topic string) (module, name string, version int) {
	module, rest, _ := strings.Cut(topic, ".")
	at := strings.LastIndex(rest, ".v")
	if at < 0 {
		return module, rest, 0
	}
	version, _ = strconv.Atoi(rest[at+2:]) // of a topic it is a number
	return module, rest[:at], version
}
