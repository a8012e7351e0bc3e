package logtext

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/slipway-go/slipway/telemetry"
)

// A record is a line that has been read.
type record struct {
	time                                  time.Time
	level                                 slog.Level
	message, service, module, trace, span string
	attrs                                 []attr
}

// An attr has the name that OpenTelemetry has for it, whatever the profile, but for
// Graylog's, which has lost the dots.
type attr struct {
	key   string
	value string // a text as it is, anything else as JSON
	text  bool
}

// take removes an attribute and returns its value, or "".
func (r *record) take(keys ...string) string {
	for _, key := range keys {
		for i, a := range r.attrs {
			if a.key == key {
				r.attrs = append(r.attrs[:i:i], r.attrs[i+1:]...)
				return a.value
			}
		}
	}
	return ""
}

// parse reads a line of any profile, and reports whether it is one.
func parse(line []byte) (record, bool) {
	members, ok := object(line)
	if !ok {
		return record{}, false
	}
	names := map[string]bool{}
	for _, m := range members {
		names[m.key] = true
	}
	var r record
	switch {
	case names["short_message"] && names["version"]:
		r.fill(members, r.gelf)
	case names["@timestamp"] && names["message"]:
		r.fill(members, r.ecs)
	case names["msg"] && names["level"]:
		r.fill(members, r.otel)
	default:
		return record{}, false
	}
	return r, true
}

// object reads the members of an object in their order.
func object(line []byte) ([]attr, bool) {
	if line = bytes.TrimSpace(line); len(line) == 0 || line[0] != '{' {
		return nil, false
	}
	d := json.NewDecoder(bytes.NewReader(line))
	if _, err := d.Token(); err != nil {
		return nil, false
	}
	var members []attr
	for d.More() {
		name, err := d.Token()
		var value json.RawMessage
		if err != nil || d.Decode(&value) != nil {
			return nil, false
		}
		members = append(members, attrOf(fmt.Sprint(name), value))
	}
	_, err := d.Token()
	return members, err == nil && !d.More()
}

func attrOf(key string, value json.RawMessage) attr {
	var text string
	if value[0] == '"' && json.Unmarshal(value, &text) == nil {
		return attr{key, text, true}
	}
	return attr{key, string(value), false}
}

// fill sets what known knows, and keeps the rest.
func (r *record) fill(members []attr, known func(a attr) bool) {
	for _, m := range members {
		if !known(m) {
			r.attrs = append(r.attrs, m)
		}
	}
}

func (r *record) otel(a attr) bool {
	switch a.key {
	case slog.TimeKey:
		r.time, _ = time.Parse(time.RFC3339Nano, a.value)
	case slog.LevelKey:
		_ = r.level.UnmarshalText([]byte(a.value)) // info is as good as any
	case slog.MessageKey:
		r.message = a.value
	case "service":
		r.service = a.value
	case "module":
		r.module = a.value
	case "trace_id":
		r.trace = a.value
	case "span_id":
		r.span = a.value
	default:
		return false
	}
	return true
}

func (r *record) ecs(a attr) bool {
	names := map[string]string{
		"@timestamp": slog.TimeKey, "log.level": slog.LevelKey, "message": slog.MessageKey, "service.name": "service", "log.logger": "module",
		"trace.id": "trace_id", "span.id": "span_id",
	}
	switch a.key {
	case "ecs.version":
		return true
	case "error.message":
		a.key = telemetry.ErrorText
	case "error.type":
		a.key = "causes"
	case "http.response.body.bytes":
		a.key = telemetry.HTTPResponseBodySize
	case "event.duration":
		ns, _ := strconv.ParseFloat(a.value, 64)
		a.key, a.value = telemetry.DurationMS, strconv.FormatFloat(ns/float64(time.Millisecond), 'f', -1, 64)
	default:
		if name := names[a.key]; name != "" {
			a.key = name
			return r.otel(a)
		}
		return false
	}
	r.attrs = append(r.attrs, a)
	return true
}

func (r *record) gelf(a attr) bool {
	switch a.key {
	case "version", "host", "full_message": // the error stands in _error too
	case "timestamp":
		seconds, _ := strconv.ParseFloat(a.value, 64)
		r.time = time.UnixMicro(int64(math.Round(seconds * float64(time.Second/time.Microsecond))))
	case "level":
		r.level = levelOfSyslog(a.value)
	case "short_message":
		r.message = a.value
	default:
		a.key = dotted(strings.TrimPrefix(a.key, "_"))
		if !r.otel(a) {
			r.attrs = append(r.attrs, a)
		}
	}
	return true
}

// dotted gives back the dots of the names that are known.
func dotted(key string) string {
	for _, name := range []string{
		telemetry.HTTPRequestMethod, telemetry.HTTPRoute, telemetry.HTTPResponseStatusCode, telemetry.HTTPResponseBodySize,
		telemetry.URLPath, telemetry.URLQuery, telemetry.URLTemplate, telemetry.ClientAddress, telemetry.UserID,
	} {
		if strings.ReplaceAll(name, ".", "_") == key {
			return name
		}
	}
	return key
}

func levelOfSyslog(number string) slog.Level {
	switch number {
	case "0", "1", "2", "3":
		return slog.LevelError
	case "4":
		return slog.LevelWarn
	case "7":
		return slog.LevelDebug
	}
	return slog.LevelInfo
}
