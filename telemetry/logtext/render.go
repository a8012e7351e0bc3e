package logtext

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/slipway-go/slipway/telemetry"
)

// Config says which lines are shown, and how. The zero value shows all from level info on.
type Config struct {
	Level  slog.Level     // the lowest that is shown
	Module string         // of this module alone
	Trace  string         // of this trace alone; as much of its beginning as is known
	Color  bool           // for a terminal
	Zone   *time.Location // of the times that are shown. Default: that of the machine
}

// maxLine bounds what is read of one line; what is longer passes as it is, in pieces.
const maxLine = 1 << 20

// Render shows what in has until it ends, line by line as they come.
func Render(in io.Reader, out io.Writer, c Config) error {
	r, w := bufio.NewReaderSize(in, maxLine), bufio.NewWriter(out)
	for {
		line, err := r.ReadSlice('\n')
		if len(line) > 0 {
			c.line(w, line)
		}
		if r.Buffered() == 0 || err != nil {
			if failed := w.Flush(); failed != nil {
				return fmt.Errorf("show the lines: %w", failed)
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil && !errors.Is(err, bufio.ErrBufferFull):
			return fmt.Errorf("read the lines: %w", err)
		}
	}
}

func (c Config) line(w *bufio.Writer, line []byte) {
	r, ok := parse(line)
	if !ok {
		text := strings.TrimSuffix(string(bytes.TrimSuffix(line, []byte("\n"))), "\r")
		_, _ = w.WriteString(visible(text) + "\n") // the flush tells
		return
	}
	if r.level >= c.Level && (c.Module == "" || r.module == c.Module) && strings.HasPrefix(r.trace, c.Trace) {
		c.record(w, r)
	}
}

// The colours of a terminal.
const (
	dim    = "\x1b[2m"
	bold   = "\x1b[1m"
	red    = "\x1b[31m"
	green  = "\x1b[32m"
	yellow = "\x1b[33m"
	plain  = "\x1b[0m"
)

func (c Config) paint(color, text string) string {
	if !c.Color || text == "" {
		return text
	}
	return color + text + plain
}

func colorOf(level slog.Level) string {
	switch {
	case level >= slog.LevelError:
		return red
	case level >= slog.LevelWarn:
		return yellow
	case level < slog.LevelInfo:
		return dim
	}
	return green
}

// shortTrace is how much of a trace's id is shown; the command trace finds it by that.
const shortTrace = 8

func (c Config) record(w *bufio.Writer, r record) {
	blocks := r.blocks()
	words := []string{
		c.paint(dim, r.time.In(c.zone()).Format("15:04:05.000")),
		c.paint(colorOf(r.level), fmt.Sprintf("%-5s", r.level)),
		c.paint(dim, visible(r.source())),
		c.paint(bold, visible(cut(strings.ReplaceAll(r.message, "\n", " ")))),
	}
	if told := r.exchange(); told != "" {
		words = append(words, visible(told))
	}
	for _, a := range r.attrs {
		words = append(words, c.paint(dim, inline(a.key)+"=")+inline(a.value))
	}
	if r.trace != "" {
		words = append(words, c.paint(dim, "trace="+visible(r.trace[:min(len(r.trace), shortTrace)])))
	}
	_, _ = w.WriteString(strings.Join(words, "  ") + "\n")
	for _, b := range blocks {
		c.block(w, b)
	}
}

func (c Config) zone() *time.Location {
	if c.Zone == nil {
		return time.Local
	}
	return c.Zone
}

func (r *record) source() string {
	if r.module == "" || r.module == r.service {
		return r.service
	}
	return r.service + "/" + r.module
}

// exchange says of a request, or of a call, in a few words what stands in many fields.
func (r *record) exchange() string {
	method := r.take(telemetry.HTTPRequestMethod)
	if method == "" {
		return ""
	}
	route := r.take(telemetry.HTTPRoute, telemetry.URLTemplate)
	if path := r.take(telemetry.URLPath); path != "" {
		route = path
	}
	words := []string{r.take(telemetry.Target), method, cut(route)}
	if query := r.take(telemetry.URLQuery); query != "" {
		words[2] += "?" + cut(query)
	}
	words = append(words, r.take(telemetry.HTTPResponseStatusCode))
	if took := r.take(telemetry.DurationMS); took != "" {
		words = append(words, took+"ms")
	}
	if attempt := r.take(telemetry.Attempt); attempt != "" && attempt != "1" {
		words = append(words, "attempt "+attempt)
	}
	return strings.Join(strings.Fields(strings.Join(words, " ")), " ")
}

// blocks takes what is shown on lines of its own: errors, bodies, and what has several
// lines itself.
func (r *record) blocks() []attr {
	var blocks, rest []attr
	for _, a := range r.attrs {
		switch {
		case a.value == "" && strings.HasSuffix(a.key, "_body"): // there was none
		case a.key == telemetry.ErrorText, strings.HasSuffix(a.key, "_body"), strings.HasSuffix(a.key, "_headers"), a.text && strings.Contains(a.value, "\n"):
			blocks = append(blocks, a)
		default:
			rest = append(rest, a)
		}
	}
	r.attrs = rest
	return blocks
}

func (c Config) block(w *bufio.Writer, a attr) {
	const indent = "    "
	text := strings.TrimRight(cut(a.value), "\n")
	first, rest, _ := strings.Cut(text, "\n")
	_, _ = w.WriteString(indent + c.paint(dim, inline(a.key)+":") + " " + visible(first) + "\n")
	for line := range strings.Lines(rest) {
		_, _ = w.WriteString(indent + "  " + visible(strings.TrimSuffix(line, "\n")) + "\n")
	}
}
