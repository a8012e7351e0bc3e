package telemetry

import (
	"bytes"
	"io"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// A sink takes whole lines, each from a buffer that is used again.
type sink interface {
	write(level slog.Level, line []byte) error
}

var (
	_ sink = (*direct)(nil)
	_ sink = (*queue)(nil)
)

// direct writes one line after the other; whoever has made one waits.
type direct struct {
	mu sync.Mutex
	w  io.Writer
}

func (s *direct) write(_ slog.Level, line []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, err := s.w.Write(line)
	return err
}

const (
	// maxQueued bounds the lines that wait, in bytes. While half of them are being
	// written as many may wait once more.
	maxQueued = 4 << 20
	// maxQueuedInfo leaves the last quarter to warnings and errors.
	maxQueuedInfo = maxQueued / 4 * 3
	// maxWrite is what a pipe takes in one piece (PIPE_BUF of Linux), so that lines of
	// processes that share it do not mingle.
	maxWrite = 4 << 10
	// linger is how long a line waits for others: under load they share a write, and
	// otherwise nobody sees a line that soon.
	linger = time.Millisecond
)

// A queue writes lines behind the back of whoever makes them. It has a goroutine while
// there is something to write, and none otherwise.
type queue struct {
	w    io.Writer
	tell func(lost) []byte // the line about them

	full, failed atomic.Uint64 // lines, over the whole life

	mu      sync.Mutex
	waiting []byte        // whole lines
	spare   []byte        // for the next that wait
	size    int           // of the lines that wait or are being written
	lost    lost          // and not told yet
	idle    chan struct{} // closed when everything is written; nil then
}

// lost counts lines.
type lost struct {
	debug, info, warn, error uint64 // by their level: there was no room
	refused                  uint64 // by the writer
}

func (l *lost) add(level slog.Level) {
	switch {
	case level >= slog.LevelError:
		l.error++
	case level >= slog.LevelWarn:
		l.warn++
	case level >= slog.LevelInfo:
		l.info++
	default:
		l.debug++
	}
}

func (q *queue) write(level slog.Level, line []byte) error {
	if q.add(level, line) > maxQueued/2 {
		// Not a wait for the writer, only for a turn of its goroutine: where all
		// processors are busy it would have none before there is no room any more.
		runtime.Gosched()
	}
	return nil
}

// add returns how many bytes wait with the line; 0 when it has no room.
func (q *queue) add(level slog.Level, line []byte) int {
	q.mu.Lock()
	defer q.mu.Unlock()
	room := maxQueued
	if level < slog.LevelWarn {
		room = maxQueuedInfo
	}
	if q.size+len(line) > room {
		q.lost.add(level)
		q.full.Add(1)
		return 0
	}
	q.waiting, q.size = append(q.waiting, line...), q.size+len(line)
	if q.idle == nil {
		q.idle = make(chan struct{})
		go q.run()
	}
	return q.size
}

// run writes until nothing waits.
func (q *queue) run() {
	var written []byte
	for {
		time.Sleep(linger) // for more lines to come, that are written with these
		lines := q.take(written)
		if lines == nil {
			return
		}
		written = lines
		for len(lines) > 0 {
			n := piece(lines)
			q.put(lines[:n])
			lines = lines[n:]
		}
	}
}

// take returns the lines that wait and keeps the buffer of those that are written; nil
// ends the goroutine.
func (q *queue) take(written []byte) []byte {
	q.mu.Lock()
	defer q.mu.Unlock()
	if cap(written) <= maxKept {
		q.spare = written[:0]
	}
	if len(q.waiting) == 0 {
		close(q.idle)
		q.idle = nil
		return nil
	}
	lines := q.waiting
	q.waiting, q.spare = q.spare, nil
	return lines
}

// piece returns the length of as many whole lines as go into one write, or of one.
func piece(lines []byte) int {
	if len(lines) <= maxWrite {
		return len(lines)
	}
	if n := bytes.LastIndexByte(lines[:maxWrite], '\n'); n >= 0 {
		return n + 1
	}
	return maxWrite + bytes.IndexByte(lines[maxWrite:], '\n') + 1
}

// put writes whole lines, and what was lost before them once there is room again.
func (q *queue) put(lines []byte) {
	_, err := q.w.Write(lines)
	q.mu.Lock()
	q.size -= len(lines)
	if err != nil {
		n := uint64(bytes.Count(lines, []byte{'\n'})) //nolint:gosec // not negative
		q.lost.refused += n
		q.failed.Add(n)
	}
	gone := q.lost
	told := err == nil && gone != lost{} && q.size <= maxQueued/2
	if told {
		q.lost = lost{}
	}
	q.mu.Unlock()
	if told {
		_, _ = q.w.Write(q.tell(gone)) // if it does not arrive the counters still have it
	}
}

func (q *queue) flush(d time.Duration) bool {
	timeout := time.NewTimer(d)
	defer timeout.Stop()
	for {
		q.mu.Lock()
		idle := q.idle
		q.mu.Unlock()
		if idle == nil {
			return true
		}
		select {
		case <-idle:
		case <-timeout.C:
			return false
		}
	}
}
