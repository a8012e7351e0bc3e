package testdb_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
)

// record stands for a test that may fail: it keeps what the test says and does its
// cleanups when it is told to end.
type record struct {
	testing.TB
	mu       sync.Mutex
	cleanups []func()
	failures []string
	lines    []string
}

func (r *record) Helper() {}

func (r *record) Cleanup(f func()) { r.cleanups = append(r.cleanups, f) }

func (r *record) Errorf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failures = append(r.failures, fmt.Sprintf(format, args...))
}

func (r *record) Logf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines = append(r.lines, fmt.Sprintf(format, args...))
}

func (r *record) Failed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.failures) > 0
}

func (r *record) end() {
	for _, f := range slices.Backward(r.cleanups) {
		f()
	}
}

func (r *record) errors() string { return strings.Join(r.failures, "\n") }

func (r *record) said() string { return strings.Join(r.lines, "\n") }
