package telemetry

import (
	"cmp"
	"log/slog"
	"strconv"
	"time"
)

func (l *line) gelfHead(r slog.Record) {
	message := cmp.Or(l.redactor.String(r.Message), "(no message)") // Graylog refuses a line without one
	l.text("short_message", message)
	if failed := l.errorOf(r); failed != "" {
		l.text("full_message", message+": "+failed)
	}
	l.key("level")
	l.buf = strconv.AppendInt(l.buf, syslogLevel(r.Level), 10)
	if !r.Time.IsZero() {
		l.key("timestamp")
		l.seconds(r.Time)
	}
}

// errorOf returns the text of the record's error, redacted; "" when it has none.
func (l *line) errorOf(r slog.Record) (text string) {
	r.Attrs(func(a slog.Attr) bool {
		if a.Key != ErrorText {
			return true
		}
		if v := a.Value.Resolve(); v.Kind() != slog.KindGroup {
			if v = l.redactor.attrValue(a.Key, v); v.Kind() == slog.KindString {
				text = v.String()
			}
		}
		return false
	})
	return text
}

// The levels of syslog (https://datatracker.ietf.org/doc/html/rfc5424#section-6.2.1).
const (
	syslogError   = 3
	syslogWarning = 4
	syslogNotice  = 5
	syslogInfo    = 6
	syslogDebug   = 7
)

func syslogLevel(level slog.Level) int64 {
	switch {
	case level >= slog.LevelError:
		return syslogError
	case level >= slog.LevelWarn:
		return syslogWarning
	case level > slog.LevelInfo:
		return syslogNotice
	case level == slog.LevelInfo:
		return syslogInfo
	}
	return syslogDebug
}

// seconds writes a time as Unix has it, to the microsecond: more digits than a float of
// Graylog's has would be lost there.
func (l *line) seconds(t time.Time) {
	micro := max(0, t.UnixMicro()) // what is before 1970 is as good as any
	const second, digits = 1_000_000, 6
	l.buf = append(strconv.AppendInt(l.buf, micro/second, 10), '.')
	l.buf = pad(l.buf, int(micro%second), digits)
}

// gelfName writes _ and the names of the groups and the attribute. Letters, digits, _, -
// and . are allowed; Graylog makes an _ of the dot, so it is one from the start.
func (l *line) gelfName(key string) {
	l.comma()
	l.buf = append(l.buf, '"')
	begin := len(l.buf)
	l.buf = append(append(l.buf, '_'), l.prefix...)
	l.buf = appendWord(l.buf, key)
	switch string(l.buf[begin:]) {
	case "_id", "_service", "_trace_id", "_span_id": // the first is Graylog's own
		l.buf = append(l.buf, '_')
	}
	l.buf = append(l.buf, '"', ':')
}

// appendWord appends a name, with _ in place of what no name may have.
func appendWord(b []byte, name string) []byte {
	for i := range len(name) {
		c := name[i]
		if !isLetter(c) && (c < '0' || c > '9') && c != '-' {
			c = '_'
		}
		b = append(b, c)
	}
	return b
}

// gelfValue writes what is neither a text nor a number as a text: Graylog knows nothing
// else. It reports whether v was so.
func (l *line) gelfValue(v slog.Value) bool {
	switch v.Kind() { //nolint:exhaustive // the others are as in any line
	case slog.KindBool:
		l.string(strconv.FormatBool(v.Bool()))
		return true
	case slog.KindAny:
		return l.gelfTree(v.Any())
	}
	return false
}

func (l *line) gelfTree(v any) bool {
	switch v.(type) {
	case []any, map[string]any, bool:
		inner := line{redactor: l.redactor}
		inner.tree(v)
		l.string(string(inner.buf))
		return true
	case nil:
		l.string("")
		return true
	}
	return false
}
