package telemetry

import (
	"io"
	"log/slog"
	"time"
)

// A Log is the log of a process: its lines, the levels from which on they are written,
// and what was lost of them.
type Log struct {
	*slog.Logger

	levels *Levels
	queue  *queue // nil: lines are written as they are made
}

// NewLog returns a log that writes each line before the call that makes it returns.
func NewLog(w io.Writer, service string, cfg LogConfig, r *Redactor) *Log {
	h := newHandler(&direct{w: w}, service, cfg, r)
	return &Log{Logger: slog.New(h), levels: h.levels}
}

// NewQueuedLog returns a log that makes nobody wait: lines go to w one after the other
// while whoever has made them goes on. What w does not take in time is dropped, counted,
// and told in a line once w takes lines again. [Log.Flush] at the end.
func NewQueuedLog(w io.Writer, service string, cfg LogConfig, r *Redactor) *Log {
	q := &queue{w: w}
	h := newHandler(q, service, cfg, r)
	q.tell = h.tell
	return &Log{Logger: slog.New(h), levels: h.levels, queue: q}
}

// Levels returns those from which on lines are written.
func (l *Log) Levels() *Levels { return l.levels }

// Flush waits until every line is written, or for d, and reports whether they are.
func (l *Log) Flush(d time.Duration) bool { return l.queue == nil || l.queue.flush(d) }

// Dropped returns how many lines were lost: because w took none for too long, and because
// it refused them.
func (l *Log) Dropped() (full, failed uint64) {
	if l.queue == nil {
		return 0, 0
	}
	return l.queue.full.Load(), l.queue.failed.Load()
}
