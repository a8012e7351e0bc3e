package slipwaytest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/slipwaytest/internal/golden"
	"github.com/slipway-go/slipway/slipwaytest/internal/ladder"
	"github.com/slipway-go/slipway/slipwaytest/internal/testdb"
	"github.com/slipway-go/slipway/telemetry"
)

// queries are the statements that this process's tests ran, by module. Those of a
// module that [Universal] proves are kept in a file beside the tests, for the
// next release to be held to.
var queries ranQueries

type ranQueries struct {
	mu        sync.Mutex
	recorders map[string]*ladder.Recorder
	kept      map[string]slipway.Module
	dir       string // where the tests began
}

// of returns who listens to the module's statements.
func (q *ranQueries) of(module string) pgx.QueryTracer {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.recorders[module] == nil {
		if q.recorders == nil {
			q.recorders = map[string]*ladder.Recorder{}
		}
		q.recorders[module] = &ladder.Recorder{}
	}
	return ofModules{q.recorders[module]}
}

// ofModules hears the statements that modules run, which they do in a trace. Those
// of a test that looks into a table have none.
type ofModules struct{ *ladder.Recorder }

var _ pgx.BatchTracer = ofModules{}

// TraceQueryStart implements pgx.QueryTracer.
func (o ofModules) TraceQueryStart(ctx context.Context, conn *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	if !telemetry.SpanFrom(ctx).Valid() {
		return ctx
	}
	return o.Recorder.TraceQueryStart(ctx, conn, data)
}

// TraceBatchQuery implements pgx.BatchTracer.
func (o ofModules) TraceBatchQuery(ctx context.Context, conn *pgx.Conn, data pgx.TraceBatchQueryData) {
	if telemetry.SpanFrom(ctx).Valid() {
		o.Recorder.TraceBatchQuery(ctx, conn, data)
	}
}

// keep asks for a file of the module's statements.
func (q *ranQueries) keep(module slipway.Module) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.kept == nil {
		q.kept = map[string]slipway.Module{}
	}
	q.kept[module.Name()] = module
}

// run runs the tests and settles the files: a statement that a file lacks fails.
func (q *ranQueries) run(m interface{ Run() int }) int {
	dir, err := os.Getwd() // a test may change it
	if err != nil {
		return failed(err)
	}
	q.dir = dir
	if code := m.Run(); code != 0 {
		return code
	}
	if err := q.settle(); err != nil {
		return failed(err)
	}
	return 0
}

func failed(err error) int {
	fmt.Fprintln(os.Stderr, "FAIL:", err)
	return 1
}

func (q *ranQueries) settle() error {
	update, err := golden.Updating()
	if err != nil {
		return err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	var errs []error
	for _, module := range slices.Sorted(maps.Keys(q.kept)) {
		if r := q.recorders[module]; r != nil {
			errs = append(errs, q.settleOne(q.kept[module], r.Statements(), update))
		}
	}
	return errors.Join(errs...)
}

// settleOne leaves out what the kit does in its own tables, which is no affair of the module's.
func (q *ranQueries) settleOne(module slipway.Module, ran []string, update bool) error {
	kit, err := testdb.KitTables(module)
	if err != nil {
		return err
	}
	ran = ladder.Without(ran, kit)
	file := ladder.QueriesFile(module.Name())
	path := filepath.Join(q.dir, file)
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read the statements of the last run: %w", err)
	}
	known := ladder.ParseQueries(string(text))
	if update {
		return writeQueries(path, ran, known)
	}
	var errs []error
	for _, f := range ladder.Compare(file, ran, known, false) {
		errs = append(errs, errors.New(f.String()))
	}
	return errors.Join(errs...)
}

// writeQueries keeps what is known unless all tests ran, which tells what is gone.
func writeQueries(path string, ran, known []string) error {
	if !golden.RanAll() {
		ran = slices.Concat(ran, known)
	}
	if len(ran) == 0 {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // source files, for everyone to read
		return fmt.Errorf("make the folder of the statements: %w", err)
	}
	if err := os.WriteFile(path, []byte(ladder.FormatQueries(ran)), 0o644); err != nil { //nolint:gosec // as above
		return fmt.Errorf("write the statements: %w", err)
	}
	return nil
}

// A runner runs tests.
type runner func() int

// Run implements what golden.Files asks for.
func (r runner) Run() int { return r() }
