package slipwaytest

import (
	"bytes"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"sync"
)

// Log returns what the modules have logged, as JSON lines; of very much only the
// end.
func (k *Kit) Log() string {
	k.t.Helper()
	if k.log == nil {
		k.t.Fatal("Log in a deployment, whose processes log each for itself: use slipwaytest.Tx")
	}
	return strings.Join(k.log.lines(), "")
}

// logBuffer keeps the last lines of a log.
type logBuffer struct {
	mu      sync.Mutex
	text    bytes.Buffer
	dropped bool
}

const maxLog = 1 << 20

var _ io.Writer = (*logBuffer)(nil)

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.text.Len() > maxLog {
		b.text.Reset()
		b.dropped = true
	}
	return b.text.Write(p)
}

// lines returns every line that was kept.
func (b *logBuffer) lines() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Collect(strings.Lines(b.text.String()))
}

// String returns the last lines.
func (b *logBuffer) String() string {
	lines := b.lines()
	const shown = 40
	return strings.Join(lines[max(0, len(lines)-shown):], "")
}

// reports returns the lines that report an unexpected error.
func (b *logBuffer) reports() []string {
	return slices.DeleteFunc(b.lines(), func(line string) bool {
		var l struct {
			Msg string `json:"msg"`
		}
		return json.Unmarshal([]byte(line), &l) != nil || l.Msg != "unexpected error"
	})
}
