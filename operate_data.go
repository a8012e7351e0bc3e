package slipway

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"

	"github.com/slipway-go/slipway/telemetry"
)

// dataOf returns the Go type of an event's data to which the module subscribes, or nil.
func (m Module) dataOf(topic string) reflect.Type {
	for _, e := range m.subscribes {
		if e.Topic() == topic {
			return e.Data()
		}
	}
	return nil
}

// safeData returns data as it may be shown. The type, if there is one, says by its tags
// what is secret; data of no known type is judged by the names of its fields.
func safeData(t reflect.Type, raw []byte) any {
	redactor := &telemetry.Redactor{}
	if t != nil {
		v := reflect.New(t)
		if json.Unmarshal(raw, v.Interface()) == nil {
			return redactor.Value(v.Elem().Interface()).Any()
		}
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		return redactor.String(string(raw))
	}
	return redactor.Value(v).Any()
}

// spell writes a value on one line.
func spell(v any) string {
	if v == nil {
		return ""
	}
	b := &bytes.Buffer{}
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return fmt.Sprint(v)
	}
	return string(bytes.TrimSpace(b.Bytes()))
}
