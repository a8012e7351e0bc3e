package telemetry

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"
)

// A handler writes lines. It encodes them itself, since slog's JSONHandler can
// put the trace only behind the record's attributes, and inside the group when
// there is one; that it takes half the time pays for the redactor.
type handler struct {
	levels   *Levels
	level    *slog.LevelVar // the module's
	format   format
	buffers  *sync.Pool // of lines
	sink     sink
	redactor *Redactor
	service  []byte  // ready to be copied
	scopes   []scope // the top, and a group for each WithGroup
}

// A scope is a group that With and WithGroup opened, and its attributes as they
// are written.
type scope struct {
	group string // "" for the top
	attrs []byte
}

func (h *handler) line() *line {
	l, ok := h.buffers.Get().(*line)
	if !ok {
		l = &line{buf: make([]byte, 0, 1<<10), redactor: h.redactor, format: h.format}
	}
	l.buf, l.prefix, l.top = l.buf[:0], l.prefix[:0], true
	return l
}

func (h *handler) done(l *line) {
	if cap(l.buf) <= maxKept {
		h.buffers.Put(l)
	}
}

var _ slog.Handler = (*handler)(nil)

func newHandler(to sink, service string, cfg LogConfig, r *Redactor) *handler {
	if r == nil {
		r = &Redactor{}
	}
	l := line{redactor: r, format: formatOf(cfg.Profile)}
	l.service(r.String(service))
	levels := newLevels(cfg)
	return &handler{
		levels: levels, level: levels.of(""), format: l.format, buffers: &sync.Pool{}, sink: to,
		redactor: r, service: l.buf, scopes: []scope{{}},
	}
}

// Enabled reports whether a level is written.
func (h *handler) Enabled(_ context.Context, level slog.Level) bool { return level >= h.level.Level() }

// Handle writes the record.
func (h *handler) Handle(ctx context.Context, r slog.Record) error {
	l := h.line()
	defer h.done(l)
	h.encode(l, SpanFrom(ctx), r)
	return h.sink.write(r.Level, l.buf)
}

func (h *handler) encode(l *line, span SpanContext, r slog.Record) {
	l.buf = append(l.buf, '{')
	l.head(r, h.service)
	l.join(h.scopes[0].attrs)
	l.trace(span)
	h.rest(l, r)
	l.buf = append(l.buf, '}', '\n')
}

// tell returns the line about lines that were lost.
func (h *handler) tell(n lost) []byte {
	r := slog.NewRecord(time.Now(), slog.LevelWarn, "lines of the log were lost", 0)
	r.AddAttrs(slog.String(moduleKey, "kit"),
		slog.Uint64("lost_debug", n.debug), slog.Uint64("lost_info", n.info), slog.Uint64("lost_warn", n.warn), slog.Uint64("lost_error", n.error), slog.Uint64("refused", n.refused))
	l := h.line()
	defer h.done(l)
	h.encode(l, SpanContext{}, r)
	return slices.Clone(l.buf)
}

// rest writes the groups and the record's attributes in the innermost. A group
// that stays empty is not written.
func (h *handler) rest(l *line, r slog.Record) {
	marks := make([]mark, 0, 4)
	for _, s := range h.scopes[1:] {
		marks = append(marks, l.open(s.group))
		l.join(s.attrs)
	}
	r.Attrs(func(a slog.Attr) bool {
		l.attr(a)
		return true
	})
	for _, m := range slices.Backward(marks) {
		l.close(m)
	}
}

// moduleKey is the attribute that says which module's level holds.
const moduleKey = "module"

// WithAttrs returns a handler that writes attrs with every line; they are
// redacted and encoded once. With the attribute module the level is that module's.
func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	if len(attrs) == 0 {
		return h
	}
	scopes := slices.Clone(h.scopes)
	last := &scopes[len(scopes)-1]
	last.attrs = h.append(last.attrs, attrs)
	c := h.with(scopes)
	if len(scopes) == 1 {
		c.level = h.levelOf(attrs)
	}
	return c
}

// levelOf returns the level of the module that attrs name, or the one that holds.
func (h *handler) levelOf(attrs []slog.Attr) *slog.LevelVar {
	level := h.level
	for _, a := range attrs {
		if a.Key == moduleKey && a.Value.Kind() == slog.KindString {
			level = h.levels.of(a.Value.String())
		}
	}
	return level
}

// append appends the attributes to those of the innermost scope.
func (h *handler) append(written []byte, attrs []slog.Attr) []byte {
	l := line{redactor: h.redactor, format: h.format, top: true}
	for _, s := range h.scopes[1:] {
		l.open(s.group) // for the names
	}
	l.buf = slices.Clone(written)
	for _, a := range attrs {
		l.attr(a)
	}
	return l.buf
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
