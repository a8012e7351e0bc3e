package main

import (
	"bytes"
	"encoding/json"
	"strings"
)

// width is what fits beside a terminal's edge.
const width = 100

// pretty lays JSON out for a reader: what fits into a line stays in one.
func pretty(value json.RawMessage, margin string) string {
	var flat bytes.Buffer
	if json.Compact(&flat, value) != nil {
		return string(value) // no JSON
	}
	if line := flat.String(); len(margin)+len(line) <= width || !strings.ContainsAny(line[:1], "{[") {
		return line
	}
	open, parts, end := split(flat.Bytes(), margin+"  ")
	return open + "\n" + margin + "  " + strings.Join(parts, ",\n"+margin+"  ") + "\n" + margin + end
}

// split takes an object or a list apart, in its own order.
func split(value []byte, margin string) (open string, parts []string, end string) {
	d := json.NewDecoder(bytes.NewReader(value))
	_, _ = d.Token() // the value was read before, so nothing here can fail
	for d.More() {
		name := ""
		if value[0] == '{' {
			token, _ := d.Token()
			key, _ := json.Marshal(token)
			name = string(key) + ":"
		}
		var part json.RawMessage
		_ = d.Decode(&part)
		parts = append(parts, name+pretty(part, margin))
	}
	return string(value[0]), parts, string(value[len(value)-1])
}
