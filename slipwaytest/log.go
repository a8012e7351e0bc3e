package slipwaytest

import (
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
		k.t.Fatal("Log in a deployment, whose processes log each for itself: use slipwaytest.Tx, or Deployment.Log")
	}
	return strings.Join(k.log.lines(), "")
}

// logBuffer keeps the last lines of a log.
type logBuffer struct {
	mu    sync.Mutex
	kept  []string
	bytes int // of those that are kept
	gone  int // how many lines are not kept any more
}

const maxLog = 4 << 20

var _ io.Writer = (*logBuffer)(nil)

// Write takes a line, or several, as those who log write them.
func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.kept = append(b.kept, string(p))
	for b.bytes += len(p); b.bytes > maxLog; b.gone++ {
		b.bytes -= len(b.kept[0])
		b.kept = b.kept[1:]
	}
	return len(p), nil
}

// lines returns every line that was kept.
func (b *logBuffer) lines() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.kept)
}

// mark is a place in the log, for since.
func (b *logBuffer) mark() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.gone + len(b.kept)
}

// since returns the lines behind a mark. Of more than the log keeps, the first are
// missing, which lost tells.
func (b *logBuffer) since(mark int) (lines []string, lost bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.kept[max(0, mark-b.gone):]), mark < b.gone
}

// take returns the lines that were kept, and keeps them no longer.
func (b *logBuffer) take() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	lines := b.kept
	b.kept, b.bytes, b.gone = nil, 0, b.gone+len(lines)
	return lines
}

// String returns the last lines.
func (b *logBuffer) String() string {
	lines := b.lines()
	const shown = 40
	return strings.Join(lines[max(0, len(lines)-shown):], "")
}

// loggedSince returns all that the modules have logged since.
func (k *Kit) loggedSince(mark int) []string {
	k.t.Helper()
	lines, lost := k.log.since(mark)
	if lost {
		k.t.Errorf("one request logs more than %d bytes, so that not all can be looked at: log less", maxLog)
	}
	return lines
}

// reportedSince returns the unexpected errors that were reported since.
func (k *Kit) reportedSince(mark int) []string {
	k.t.Helper()
	return reports(k.loggedSince(mark))
}

// cause returns the latest unexpected error that was reported, in one line.
func (k *Kit) cause() string {
	all := reports(k.log.lines())
	if len(all) == 0 {
		return "nothing was reported"
	}
	var l struct {
		Error string `json:"error"`
	}
	if err := json.Unmarshal([]byte(all[len(all)-1]), &l); err != nil {
		return all[len(all)-1]
	}
	first, _, _ := strings.Cut(l.Error, "\n") // of a panic, which says there where it was
	return first
}

// reports returns the lines that report an unexpected error.
func reports(lines []string) []string {
	return slices.DeleteFunc(lines, func(line string) bool {
		var l struct {
			Msg string `json:"msg"`
		}
		return json.Unmarshal([]byte(line), &l) != nil || l.Msg != "unexpected error"
	})
}
