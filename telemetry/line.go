package telemetry

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"math"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"
)

const (
	// maxString bounds one text of a line; what is longer is cut.
	maxString = 16 << 10
	// maxKept bounds the buffers that are kept for the next line.
	maxKept = 64 << 10
)

// A line is JSON in the making. It knows where a comma belongs by what stands
// before.
type line struct {
	buf      []byte
	redactor *Redactor
	format   format
	top      bool   // attributes stand beside the handler's own
	depth    int    // groups that are open
	prefix   []byte // of the names in a group, where a format has none
}

// A mark is where a group begins.
type mark struct {
	at, prefix int
	top        bool
}

func (l *line) comma() {
	if n := len(l.buf); n > 0 && l.buf[n-1] != '{' && l.buf[n-1] != '[' {
		l.buf = append(l.buf, ',')
	}
}

// join appends members that are written already.
func (l *line) join(members []byte) {
	if len(members) > 0 {
		l.comma()
		l.buf = append(l.buf, members...)
	}
}

func (l *line) key(k string) {
	l.comma()
	l.string(k)
	l.buf = append(l.buf, ':')
}

// open begins a group.
func (l *line) open(name string) mark {
	m := mark{len(l.buf), len(l.prefix), l.top}
	if l.format == gelf {
		l.prefix = append(appendWord(l.prefix, name), '_')
		return m
	}
	l.group(name)
	l.buf = append(l.buf, '{')
	l.top = false
	return m
}

// close ends the group, or takes it back when it is empty.
func (l *line) close(m mark) {
	l.top, l.prefix = m.top, l.prefix[:m.prefix]
	switch {
	case l.format == gelf:
	case l.buf[len(l.buf)-1] == '{':
		l.buf = l.buf[:m.at]
	default:
		l.buf = append(l.buf, '}')
	}
}

// attr writes an attribute, redacted.
func (l *line) attr(a slog.Attr) {
	a.Value = a.Value.Resolve()
	if a.Key == "" && a.Value.Kind() == slog.KindAny && a.Value.Any() == nil {
		return // slog's rule: an empty attribute is none
	}
	if a.Value.Kind() == slog.KindGroup {
		l.members(a)
		return
	}
	l.name(a.Key)
	l.value(a.Key, l.redactor.attrValue(a.Key, a.Value))
}

// members writes a group, or its attributes beside others when it has no name.
func (l *line) members(a slog.Attr) {
	if a.Key != "" && l.redactor.hides(a.Key) {
		l.name(a.Key)
		l.string(redacted)
		return
	}
	if l.depth > maxDepth { // a group may resolve to what has itself within
		l.name(a.Key)
		l.string(leftOut)
		return
	}
	if a.Key != "" {
		defer l.close(l.open(a.Key))
	}
	l.depth++
	for _, inner := range a.Value.Group() {
		l.attr(inner)
	}
	l.depth--
}

// value writes a value that is redacted already.
func (l *line) value(key string, v slog.Value) {
	if l.format != otel && l.converted(key, v) {
		return
	}
	switch v.Kind() {
	case slog.KindString:
		l.string(v.String())
	case slog.KindInt64:
		l.buf = strconv.AppendInt(l.buf, v.Int64(), 10)
	case slog.KindUint64:
		l.buf = strconv.AppendUint(l.buf, v.Uint64(), 10)
	case slog.KindFloat64:
		l.float(v.Float64())
	case slog.KindBool:
		l.buf = strconv.AppendBool(l.buf, v.Bool())
	case slog.KindDuration:
		l.buf = strconv.AppendInt(l.buf, int64(v.Duration()), 10)
	case slog.KindTime:
		l.time(v.Time())
	case slog.KindGroup, slog.KindLogValuer, slog.KindAny:
		l.tree(v.Any())
	}
}

// tree writes what [Redactor.Value] returns.
func (l *line) tree(v any) {
	switch v := v.(type) {
	case nil:
		l.buf = append(l.buf, "null"...)
	case string:
		l.string(v)
	case bool:
		l.buf = strconv.AppendBool(l.buf, v)
	case int64:
		l.buf = strconv.AppendInt(l.buf, v, 10)
	case uint64:
		l.buf = strconv.AppendUint(l.buf, v, 10)
	case float64:
		l.float(v)
	case json.Number:
		l.buf = append(l.buf, v...)
	case []any:
		l.buf = append(l.buf, '[')
		for _, inner := range v {
			l.comma()
			l.tree(inner)
		}
		l.buf = append(l.buf, ']')
	case map[string]any:
		l.buf = append(l.buf, '{')
		for _, k := range slices.Sorted(maps.Keys(v)) {
			l.key(k)
			l.tree(v[k])
		}
		l.buf = append(l.buf, '}')
	default:
		l.string(redacted) // nothing else comes from there
	}
}

// float writes a number; JSON has no word for the ones that are none.
func (l *line) float(f float64) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		l.string(strconv.FormatFloat(f, 'g', -1, 64))
		return
	}
	format := byte('f')
	if abs := math.Abs(f); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		format = 'e'
	}
	l.buf = strconv.AppendFloat(l.buf, f, format, -1, 64)
}

func (l *line) quoted(write func([]byte) []byte) {
	l.buf = append(write(append(l.buf, '"')), '"')
}

// time writes RFC 3339 in UTC, always with nine digits of a second, so that
// lines sort as they are.
func (l *line) time(t time.Time) {
	t = t.UTC()
	year, month, day := t.Date()
	if year < 0 || year > 9999 {
		l.string(t.Format(time.RFC3339Nano))
		return
	}
	hour, minute, second := t.Clock()
	b := l.buf
	b = append(b, '"')
	b = append(pad(b, year, 4), '-')
	b = append(pad(b, int(month), 2), '-')
	b = append(pad(b, day, 2), 'T')
	b = append(pad(b, hour, 2), ':')
	b = append(pad(b, minute, 2), ':')
	b = append(pad(b, second, 2), '.')
	l.buf = append(pad(b, t.Nanosecond(), 9), 'Z', '"')
}

// pad writes n in as many digits as width says.
func pad(b []byte, n, width int) []byte {
	const zeros = "000000000"
	b = append(b, zeros[:width]...)
	for i := len(b) - 1; n > 0; i-- {
		b[i] = byte('0' + n%10)
		n /= 10
	}
	return b
}

const hexDigits = "0123456789abcdef"

// string writes a JSON string that is redacted already, so it may be cut
// anywhere. Bytes that are no UTF-8 become U+FFFD.
func (l *line) string(s string) {
	if len(s) > maxString {
		s = fmt.Sprintf("%s… [cut: %d bytes]", s[:maxString], len(s))
	}
	b := l.buf
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if c >= ' ' && c != '"' && c != '\\' {
				i++
				continue
			}
			b = escaped(append(b, s[start:i]...), c)
			i++
			start = i
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 || r == '\u2028' || r == '\u2029' {
			b = append(b, s[start:i]...)
			b = append(b, '\\', 'u', hexDigits[r>>12&15], hexDigits[r>>8&15], hexDigits[r>>4&15], hexDigits[r&15])
			start = i + size
		}
		i += size
	}
	l.buf = append(append(b, s[start:]...), '"')
}

func escaped(b []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(b, '\\', c)
	case '\n':
		return append(b, '\\', 'n')
	case '\r':
		return append(b, '\\', 'r')
	case '\t':
		return append(b, '\\', 't')
	}
	return append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
}
