package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/slipway-go/slipway/problem"
)

// ErrCommitUnknown means that the connection broke while a COMMIT was under way:
// the transaction may have happened. Whoever repeats it must be able to tell.
var ErrCommitUnknown = errors.New("the connection broke during COMMIT, so the transaction may have happened or not")

// ErrNested means that InTx was called with the context of a transaction.
var ErrNested = errors.New("InTx inside a transaction: PostgreSQL has no nested transactions; " +
	"pass the Tx on to the function that you call, or call it after the transaction")

const (
	codeUnavailable = "database_unavailable"
	retryAfter      = "1" // seconds

	uniqueViolation      = "23505"
	serializationFailure = "40001"
	deadlockDetected     = "40P01"
	tooManyConnections   = "53300"
)

// IsUniqueViolation reports whether a unique constraint refused a row: any, or
// one of those named.
func IsUniqueViolation(err error, constraint ...string) bool {
	answer, ok := errors.AsType[*pgconn.PgError](err)
	if !ok || answer.Code != uniqueViolation {
		return false
	}
	return len(constraint) == 0 || slices.Contains(constraint, answer.ConstraintName)
}

// IsUnavailable reports whether err means that the database cannot be used right
// now: nothing listens, it is going down or starting up, it or the pool has no
// connection left, or the connection broke before anything was committed.
func IsUnavailable(err error) bool {
	if err == nil || errors.Is(err, ErrCommitUnknown) {
		return false
	}
	if p, ok := errors.AsType[*problem.Error](err); ok {
		return p.Code() == codeUnavailable
	}
	return isGone(err)
}

// isGone judges what the driver said.
func isGone(err error) bool {
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return true
	}
	if answer, ok := errors.AsType[*pgconn.PgError](err); ok {
		return isGoneCode(answer.Code)
	}
	return isBroken(err)
}

func isGoneCode(code string) bool {
	return strings.HasPrefix(code, "57P0") || strings.HasPrefix(code, "08") || code == tooManyConnections
}

// isBroken reports whether the connection itself failed.
func isBroken(err error) bool {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return false
	}
	for _, broken := range []error{
		io.EOF, io.ErrUnexpectedEOF, io.ErrClosedPipe, net.ErrClosed, pgconn.ErrConnClosed,
		syscall.ECONNRESET, syscall.EPIPE, syscall.ECONNABORTED, syscall.ECONNREFUSED,
	} {
		if errors.Is(err, broken) {
			return true
		}
	}
	_, ok := errors.AsType[*net.OpError](err)
	return ok
}

// explain turns the driver's error into a 503 where the database is gone. A
// context that ended explains itself.
func explain(ctx context.Context, err error) error {
	if err == nil || ctx.Err() != nil || errors.Is(err, ErrCommitUnknown) || !isGone(err) {
		return err
	}
	if _, ok := errors.AsType[*problem.Error](err); ok {
		return err
	}
	return unavailable(err)
}

func unavailable(cause error) error {
	return problem.Unavailable("The database is not available at the moment. Try again shortly.").
		WithCode(codeUnavailable).WithHeader("Retry-After", retryAfter).Wrap(cause)
}

// A dataError is an error of the server about data, whose own text may repeat them. It
// does not unwrap, so that nobody who writes down an error with its causes comes upon that
// text; [errors.Is] and [errors.As] find the *pgconn.PgError all the same.
type dataError struct {
	driver error
	said   *pgconn.PgError
}

// Error names what refused the data, and not the data.
func (e *dataError) Error() string {
	switch {
	case e.said.ConstraintName != "":
		return fmt.Sprintf("the constraint %q refused the data (SQLSTATE %s)", e.said.ConstraintName, e.said.Code)
	case e.said.ColumnName != "":
		return fmt.Sprintf("the column %q refused the data (SQLSTATE %s)", e.said.ColumnName, e.said.Code)
	}
	return fmt.Sprintf("the data were refused (SQLSTATE %s)", e.said.Code)
}

func (e *dataError) Is(target error) bool { return errors.Is(e.driver, target) }

func (e *dataError) As(target any) bool { return errors.As(e.driver, target) }

// withoutValues takes the values of data out of the text of an error: it ends up in logs,
// spans, reports and the reasons of jobs.
func withoutValues(err error) error {
	said, ok := errors.AsType[*pgconn.PgError](err)
	if !ok || !isOfData(said) {
		return err
	}
	if _, done := errors.AsType[*dataError](err); done {
		return err
	}
	return &dataError{driver: err, said: said}
}

// isRetryable reports whether the transaction lost against another one and would
// probably succeed if it were run again.
func isRetryable(err error) bool {
	answer, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (answer.Code == serializationFailure || answer.Code == deadlockDetected)
}

// commit tells a COMMIT that did not happen from one that nobody knows of. It
// looks itself whether COMMIT can be sent at all: the driver calls an error that
// came after sending safe to retry, too.
func commit(ctx context.Context, begun transaction, late *pgx.Batch) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	if t, ok := begun.(*begunTx); ok && t.conn.IsClosed() {
		return unavailable(fmt.Errorf("commit: %w", pgconn.ErrConnClosed))
	}
	err := begun.Commit(ctx, late)
	if err == nil {
		return nil
	}
	if _, answered := errors.AsType[*pgconn.PgError](err); !answered && isLost(err) {
		return fmt.Errorf("%w: %w", ErrCommitUnknown, err)
	}
	return explain(ctx, fmt.Errorf("commit: %w", withoutValues(err)))
}

// isLost reports whether an answer may have been lost on its way.
func isLost(err error) bool {
	return isBroken(err) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}
