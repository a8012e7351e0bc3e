package telemetry

import (
	"encoding/hex"
	"log/slog"
	"math"
	"strconv"
	"time"
)

// A Profile says how the fields of a line are called.
type Profile string

// The profiles.
const (
	// OTel has few fields of its own and names attributes by OpenTelemetry's semantic conventions.
	OTel Profile = "otel"
	// ECS is the Elastic Common Schema 8 (https://www.elastic.co/guide/en/ecs/8.11/).
	ECS Profile = "ecs"
	// GELF is Graylog's format 1.1 (https://go2docs.graylog.org/current/getting_in_log_data/gelf.html).
	GELF Profile = "gelf"
)

const ecsVersion = "8.11.0"

// A format is a Profile that costs no comparison of texts.
type format uint8

const (
	otel format = iota
	ecs
	gelf
)

func formatOf(p Profile) format {
	switch p {
	case ECS:
		return ecs
	case GELF:
		return gelf
	case OTel:
	}
	return otel
}

// service writes what every line of a process has; name is redacted already.
func (l *line) service(name string) {
	switch l.format {
	case ecs:
		l.text("ecs.version", ecsVersion)
		l.text("service.name", name)
	case gelf:
		l.text("version", "1.1")
		l.text("host", name) // of the host, source or application, says the specification
		l.text("_service", name)
	default:
		l.text("service", name)
	}
}

func (l *line) text(key, value string) {
	l.key(key)
	l.string(value)
}

// head writes what the record itself has, and service.
func (l *line) head(r slog.Record, service []byte) {
	switch l.format {
	case ecs:
		l.moment("@timestamp", r.Time)
		l.text("log.level", ecsLevel(r.Level))
		l.text("message", l.redactor.String(r.Message))
		l.join(service)
	case gelf:
		l.join(service)
		l.gelfHead(r)
	default:
		l.moment(slog.TimeKey, r.Time)
		l.text(slog.LevelKey, r.Level.String())
		l.text(slog.MessageKey, l.redactor.String(r.Message))
		l.join(service)
	}
}

func (l *line) moment(key string, t time.Time) {
	if t.IsZero() {
		return
	}
	l.key(key)
	l.time(t)
}

func (l *line) trace(s SpanContext) {
	if !s.Valid() {
		return
	}
	names := [...][2]string{otel: {"trace_id", "span_id"}, ecs: {"trace.id", "span.id"}, gelf: {"_trace_id", "_span_id"}}[l.format]
	l.key(names[0])
	l.quoted(func(b []byte) []byte { return hex.AppendEncode(b, s.TraceID[:]) })
	l.key(names[1])
	l.quoted(func(b []byte) []byte { return hex.AppendEncode(b, s.SpanID[:]) })
}

// name writes an attribute's key. One that is called like a field of the
// handler's own would make the line ambiguous.
func (l *line) name(key string) {
	switch {
	case l.format == gelf:
		l.gelfName(key)
		return
	case !l.top:
	case l.format == ecs:
		key = ecsName(key)
	case isReserved(key):
		key += "_"
	}
	l.key(key)
}

// group writes the key of a group.
func (l *line) group(key string) {
	if l.top && (l.format == ecs && isOurECS(key) || l.format == otel && isReserved(key)) {
		key += "_"
	}
	l.key(key)
}

func isReserved(key string) bool {
	switch key {
	case slog.TimeKey, slog.LevelKey, slog.MessageKey, "service", "trace_id", "span_id":
		return true
	}
	return false
}

// converted writes the values that are written in another way than by OTel, and reports
// whether v is one.
func (l *line) converted(key string, v slog.Value) bool {
	if l.format == gelf {
		return l.gelfValue(v)
	}
	if !l.top || key != DurationMS {
		return false
	}
	switch v.Kind() { //nolint:exhaustive // the others are no milliseconds
	case slog.KindFloat64:
		l.nanoseconds(v.Float64())
	case slog.KindInt64:
		l.nanoseconds(float64(v.Int64()))
	default:
		return false
	}
	return true
}

// nanoseconds writes milliseconds as event.duration has them.
func (l *line) nanoseconds(ms float64) {
	l.buf = strconv.AppendInt(l.buf, int64(math.Round(ms*float64(time.Millisecond))), 10)
}
