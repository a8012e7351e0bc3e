package telemetry

import (
	"context"
	"encoding/hex"
	"io"
	"log/slog"
	"slices"
	"sync"
)

// A handler writes lines. It encodes them itself, since slog's JSONHandler can
// put the trace only behind the record's attributes, and inside the group when
// there is one; that it takes half the time pays for the redactor.
type handler struct {
	level    slog.Level
	redactor *Redactor
	sink     *sink
	service  []byte  // ready to be copied
	scopes   []scope // the top, and a group for each WithGroup
}

// A scope is a group that With and WithGroup opened, and its attributes as they
// are written.
type scope struct {
	group string // "" for the top
	attrs []byte
}

// A sink writes whole lines, one at a time, and keeps their buffers.
type sink struct {
	mu      sync.Mutex
	w       io.Writer
	buffers sync.Pool
}

func (s *sink) line(r *Redactor) *line {
	l, ok := s.buffers.Get().(*line)
	if !ok {
		l = &line{buf: make([]byte, 0, 1<<10), redactor: r}
	}
	l.buf, l.top = l.buf[:0], false
	return l
}

func (s *sink) done(l *line) {
	if cap(l.buf) <= maxKept {
		s.buffers.Put(l)
	}
}

func (s *sink) write(line []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, err := s.w.Write(line)
	return err
}

var _ slog.Handler = (*handler)(nil)

func newHandler(w io.Writer, service string, level slog.Level, r *Redactor) *handler {
	l := line{redactor: r}
	l.key("service")
	l.string(r.String(service))
	return &handler{level: level, redactor: r, sink: &sink{w: w}, service: l.buf, scopes: []scope{{}}}
}

// Enabled reports whether a level is written.
func (h *handler) Enabled(_ context.Context, level slog.Level) bool { return level >= h.level }

// Handle writes the record.
func (h *handler) Handle(ctx context.Context, r slog.Record) error {
	l := h.sink.line(h.redactor)
	defer h.sink.done(l)
	l.buf = append(l.buf, '{')
	h.head(l, r)
	l.join(h.scopes[0].attrs)
	h.trace(ctx, l)
	h.rest(l, r)
	l.buf = append(l.buf, '}', '\n')
	return h.sink.write(l.buf)
}

func (h *handler) head(l *line, r slog.Record) {
	if !r.Time.IsZero() {
		l.key(slog.TimeKey)
		l.time(r.Time)
	}
	l.key(slog.LevelKey)
	l.string(r.Level.String())
	l.key(slog.MessageKey)
	l.string(h.redactor.String(r.Message))
	l.join(h.service)
}

func (h *handler) trace(ctx context.Context, l *line) {
	s := SpanFrom(ctx)
	if !s.Valid() {
		return
	}
	l.key("trace_id")
	l.quoted(func(b []byte) []byte { return hex.AppendEncode(b, s.TraceID[:]) })
	l.key("span_id")
	l.quoted(func(b []byte) []byte { return hex.AppendEncode(b, s.SpanID[:]) })
}

// rest writes the groups and the record's attributes in the innermost. A group
// that stays empty is not written.
func (h *handler) rest(l *line, r slog.Record) {
	marks := make([]int, 0, 4)
	for _, s := range h.scopes[1:] {
		marks = append(marks, len(l.buf))
		l.key(s.group)
		l.buf = append(l.buf, '{')
		l.join(s.attrs)
	}
	l.top = len(h.scopes) == 1
	r.Attrs(func(a slog.Attr) bool {
		l.attr(a)
		return true
	})
	for _, mark := range slices.Backward(marks) {
		l.close(mark)
	}
}

// WithAttrs returns a handler that writes attrs with every line; they are
// redacted and encoded once.
func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	if len(attrs) == 0 {
		return h
	}
	scopes := slices.Clone(h.scopes)
	last := &scopes[len(scopes)-1]
	l := line{redactor: h.redactor, buf: slices.Clone(last.attrs), top: len(scopes) == 1}
	for _, a := range attrs {
		l.attr(a)
	}
	last.attrs = l.buf
	return h.with(scopes)
}

// WithGroup returns a handler that writes what follows into a group.
func (h *handler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	return h.with(append(slices.Clone(h.scopes), scope{group: name}))
}

func (h *handler) with(scopes []scope) *handler {
	c := *h
	c.scopes = scopes
	return &c
}
