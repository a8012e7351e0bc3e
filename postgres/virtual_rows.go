package postgres

import (
	"cmp"
	"sync"

	"github.com/jackc/pgx/v5"
)

// endingRows tell when they are read or closed.
type endingRows struct {
	pgx.Rows
	once sync.Once
	end  func(error) error
	err  error
	done bool
}

func (r *endingRows) Close() {
	r.Rows.Close()
	r.once.Do(func() { r.err, r.done = r.end(r.Rows.Err()), true })
}

func (r *endingRows) Err() error {
	if r.done {
		return r.err
	}
	return r.Rows.Err()
}

func (r *endingRows) Next() bool {
	if r.Rows.Next() {
		return true
	}
	r.Close()
	return false
}

func (r *endingRows) Scan(dest ...any) error {
	err := r.Rows.Scan(dest...)
	if err != nil {
		r.Close()
	}
	return err
}

// endingResults tell when they are closed.
type endingResults struct {
	pgx.BatchResults
	once sync.Once
	end  func(error) error
	err  error
}

func (r *endingResults) Close() error {
	err := r.BatchResults.Close()
	r.once.Do(func() { r.err = r.end(err) })
	return r.err
}

// lateRow is the first row of rows.
type lateRow struct{ rows pgx.Rows }

func (r lateRow) Scan(dest ...any) error {
	defer r.rows.Close()
	if !r.rows.Next() {
		return cmp.Or(r.rows.Err(), pgx.ErrNoRows)
	}
	if err := r.rows.Scan(dest...); err != nil {
		return err
	}
	r.rows.Close()
	return r.rows.Err()
}
