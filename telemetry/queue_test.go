package telemetry_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/slipway-go/slipway/telemetry"
)

// pipe returns the two ends of a real pipe, as a process has one for its stdout.
func pipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close(); _ = w.Close() })
	return r, w
}

func queued(w io.Writer, cfg telemetry.LogConfig) *telemetry.Log {
	return telemetry.NewQueuedLog(w, "shop", cfg, nil)
}

// fill logs far more than a pipe that nobody reads and the queue behind it hold.
func fill(ctx context.Context, l *telemetry.Log) {
	text := strings.Repeat("x", 8<<10)
	for range 2000 {
		l.InfoContext(ctx, "said", "text", text)
	}
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// Nobody reads the pipe: whoever logs goes on, memory stays bounded, and what is lost is
// counted; once somebody reads, a line tells of it.
func TestQueuedLog_aPipeThatNobodyReads(t *testing.T) { //nolint:paralleltest // it measures memory
	r, w := pipe(t)
	l := queued(w, telemetry.LogConfig{})
	before := heap()
	fill(t.Context(), l)
	full, failed := l.Dropped()
	if full == 0 || full >= 2000 || failed != 0 {
		t.Fatalf("%d of 2000 lines were dropped and %d failed; want some, and none", full, failed)
	}
	if after := heap(); after > before+32<<20 {
		t.Errorf("the heap grew from %d to %d bytes", before, after)
	}
	if l.Flush(time.Millisecond) {
		t.Error("everything is said to be written, while nobody reads")
	}
	l.ErrorContext(t.Context(), "an error has room where an info has none")

	lines := make(chan string, 4000)
	go func() {
		defer close(lines)
		for s := bufio.NewScanner(r); s.Scan(); {
			lines <- s.Text()
		}
	}()
	if !l.Flush(20 * time.Second) {
		t.Fatal("not everything was written in 20s, though somebody reads")
	}
	_ = w.Close()
	said, news := 0, map[string]map[string]any{}
	for text := range lines {
		var line map[string]any
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			t.Fatalf("line %.100q: %v", text, err)
		}
		if line["msg"] == "said" {
			said++
			continue
		}
		news[fmt.Sprint(line["msg"])] = line
	}
	if uint64(said)+full != 2000 {
		t.Errorf("%d lines were written and %d dropped, want 2000 in all", said, full)
	}
	if got := news["lines of the log were lost"]; got["lost_info"] != float64(full) || got["lost_error"] != 0.0 || got["level"] != "WARN" {
		t.Errorf("the line about what was lost is %v, want lost_info %d", got, full)
	}
	if news["an error has room where an info has none"] == nil {
		t.Error("the error was lost too")
	}
}

func TestQueuedLog_writesWholeLinesInPieces(t *testing.T) {
	t.Parallel()
	s := &sink{}
	l := queued(s, telemetry.LogConfig{})
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 100 {
				l.InfoContext(t.Context(), "said", "who", i, "n", j, "text", strings.Repeat("x", 50*j))
			}
		})
	}
	wg.Wait()
	if !l.Flush(10 * time.Second) {
		t.Fatal("not written")
	}
	last, lines := map[any]float64{}, 0
	for _, w := range s.writes {
		if len(w) > 4<<10 && strings.Count(w, "\n") > 1 {
			t.Errorf("one write of %d bytes with several lines; a pipe may mingle them with those of others", len(w))
		}
		for text := range strings.Lines(w) {
			var line map[string]any
			if err := json.Unmarshal([]byte(text), &line); err != nil || !strings.HasSuffix(text, "\n") {
				t.Fatalf("no line: %q", text)
			}
			if n, _ := line["n"].(float64); n < last[line["who"]] {
				t.Errorf("the lines of %v are out of order", line["who"])
			} else {
				last[line["who"]] = n
			}
			lines++
		}
	}
	if full, failed := l.Dropped(); lines != 800 || full != 0 || failed != 0 {
		t.Errorf("%d lines, %d dropped, %d failed; want 800, 0, 0", lines, full, failed)
	}
}

// A brittle writer fails as long as it is told to, as a full disk does.
type brittle struct {
	sink

	full bool
}

func (b *brittle) Write(p []byte) (int, error) {
	b.mu.Lock()
	full := b.full
	b.mu.Unlock()
	if full {
		return 0, errors.New("no space left on device")
	}
	return b.sink.Write(p)
}

func TestQueuedLog_aFullDisk(t *testing.T) {
	t.Parallel()
	b := &brittle{full: true}
	l := queued(b, telemetry.LogConfig{})
	for range 3 {
		l.WarnContext(t.Context(), "said")
	}
	l.Flush(10 * time.Second)
	if full, failed := l.Dropped(); full != 0 || failed != 3 {
		t.Errorf("%d dropped and %d failed, want 0 and 3", full, failed)
	}
	b.mu.Lock()
	b.full = false
	b.mu.Unlock()
	l.WarnContext(t.Context(), "said again")
	l.Flush(10 * time.Second)
	if got := b.last(t); got["msg"] != "lines of the log were lost" || got["refused"] != 3.0 {
		t.Errorf("last line %v", got)
	}
}

// Lines that come together share a write. The goroutine ends with the last: a bubble ends
// only when all of its have.
func TestQueuedLog_leavesNothingBehind(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &sink{}
		l := queued(s, telemetry.LogConfig{})
		for range 3 {
			l.InfoContext(t.Context(), "said")
		}
		if !l.Flush(time.Second) || len(s.writes) != 1 {
			t.Errorf("%d writes, want one of all lines", len(s.writes))
		}
	})
}

func BenchmarkLog_toAPipe(b *testing.B) {
	for name, open := range map[string]func(io.Writer, string, telemetry.LogConfig, *telemetry.Redactor) *telemetry.Log{
		"direct": telemetry.NewLog, "queued": telemetry.NewQueuedLog,
	} {
		b.Run(name, func(b *testing.B) {
			r, w, err := os.Pipe()
			if err != nil {
				b.Fatal(err)
			}
			defer w.Close()
			_ = w.Fd() // has it block, as a process's stdout does
			reader := exec.CommandContext(b.Context(), "cat")
			reader.Stdin = r
			if err := reader.Start(); err != nil {
				b.Fatal(err)
			}
			l := open(w, "shop", telemetry.LogConfig{}, nil)
			logger := l.With("module", "cart")
			ctx := telemetry.WithSpan(b.Context(), telemetry.NewSpanContext())
			b.ReportAllocs()
			b.SetParallelism(8)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					access(ctx, logger)
				}
			})
			l.Flush(time.Minute)
			full, _ := l.Dropped()
			b.ReportMetric(float64(full)/float64(b.N), "dropped/op")
		})
	}
}

func levelsOf(l *telemetry.Log) map[string]slog.Level {
	all := map[string]slog.Level{}
	for _, in := range l.Levels().All() {
		all[in.Module] = in.Level
	}
	return all
}
