package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

// statements runs statements on one connection and explains their errors.
type statements struct {
	raw  Querier
	done func() // called when a statement has ended; may be nil
	lost func() // called when the connection is lost; may be nil
}

// explain is explain, and tells whoever lent the connection that it is lost.
func (s *statements) explain(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	err = explain(ctx, withoutValues(err))
	if s.lost != nil && IsUnavailable(err) {
		s.lost()
	}
	return err
}

func (s *statements) end() {
	if s.done != nil {
		s.done()
		s.done = nil
	}
}

func (s *statements) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	if s.done != nil {
		defer s.end()
	}
	tag, err := s.raw.Exec(ctx, sql, args...)
	return tag, s.explain(ctx, err)
}

func (s *statements) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	r, err := s.raw.Query(ctx, sql, args...)
	if err != nil {
		s.end()
		err = s.explain(ctx, err)
		return failed{err}, err
	}
	return &rows{Rows: r, ctx: ctx, from: s}, nil
}

func (s *statements) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	return &row{raw: s.raw.QueryRow(ctx, sql, args...), ctx: ctx, from: s}
}

func (s *statements) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	results := s.raw.SendBatch(ctx, b)
	if results.Tx() != nil {
		defer s.end()
		return pgx.FailedBatchResults(b, errors.Join(errBatchBegins, results.Close()))
	}
	return &batch{BatchResults: results, ctx: ctx, from: s}
}

// rows explains errors, and ends its statement once it is read or closed.
type rows struct {
	pgx.Rows
	ctx  context.Context // the statement's own, to judge its errors
	from *statements
}

func (r *rows) Close() {
	r.Rows.Close()
	r.from.end()
}

func (r *rows) Next() bool {
	more := r.Rows.Next()
	if !more {
		r.Close()
	}
	return more
}

func (r *rows) Scan(dest ...any) error {
	err := r.Rows.Scan(dest...)
	if err != nil {
		r.Close()
	}
	return r.from.explain(r.ctx, err)
}

func (r *rows) Values() ([]any, error) {
	values, err := r.Rows.Values()
	if err != nil {
		r.Close()
	}
	return values, r.from.explain(r.ctx, err)
}

func (r *rows) Err() error { return r.from.explain(r.ctx, r.Rows.Err()) }

type row struct {
	raw  pgx.Row
	ctx  context.Context // the statement's own, to judge its errors
	from *statements
}

func (r *row) Scan(dest ...any) error {
	defer r.from.end()
	return r.from.explain(r.ctx, r.raw.Scan(dest...))
}

// errBatchBegins guards the connection, which would be gone before the transaction ends.
var errBatchBegins = errors.New("a batch that begins a transaction: begin it with InTx and send the batch there")

type batch struct {
	pgx.BatchResults
	ctx  context.Context // the statement's own, to judge its errors
	from *statements
}

func (b *batch) Exec() (pgconn.CommandTag, error) {
	tag, err := b.BatchResults.Exec()
	return tag, b.from.explain(b.ctx, err)
}

func (b *batch) Query() (pgx.Rows, error) {
	r, err := b.BatchResults.Query()
	if err != nil {
		err = b.from.explain(b.ctx, err)
		return failed{err}, err
	}
	// The connection is the batch's until the batch is closed.
	return &rows{Rows: r, ctx: b.ctx, from: &statements{}}, nil
}

func (b *batch) QueryRow() pgx.Row {
	return &row{raw: b.BatchResults.QueryRow(), ctx: b.ctx, from: &statements{}}
}

func (b *batch) Close() error {
	defer b.from.end()
	return b.from.explain(b.ctx, b.BatchResults.Close())
}

// failed is the rows, or the row, of a statement that never ran.
type failed struct{ err error }

var _ pgx.Rows = failed{}

func (failed) Close()                                       {}
func (f failed) Err() error                                 { return f.err }
func (failed) CommandTag() pgconn.CommandTag                { return pgconn.CommandTag{} }
func (failed) FieldDescriptions() []pgconn.FieldDescription { return nil }
func (failed) Next() bool                                   { return false }
func (f failed) Scan(...any) error                          { return f.err }
func (f failed) Values() ([]any, error)                     { return nil, f.err }
func (failed) RawValues() [][]byte                          { return nil }
func (failed) Conn() *pgx.Conn                              { return nil }
func (failed) TypeMap() *pgtype.Map                         { return nil }
