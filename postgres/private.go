package postgres

import (
	"context"
	"io"
	"time"
)

// A PrivateConfig says where a private PostgreSQL lives.
type PrivateConfig struct {
	// Dir identifies the instance: processes that name the same share it. Durable
	// data lies in it. Default: .slipway/postgres when durable, one per user for tests.
	Dir string
	// Durable keeps the data, for development. Otherwise, for tests, it is gone with the last user.
	Durable bool
	// Linger keeps PostgreSQL running for so long after its last user, for the next one.
	Linger time.Duration
	// Log takes lines for a person, such as what is being installed. Default: nothing is said.
	Log io.Writer
}

// Private is this process's share in a private PostgreSQL.
type Private struct{}

// StartPrivate starts the instance, or joins it when it runs.
func StartPrivate(ctx context.Context, cfg PrivateConfig) (*Private, error) {
	return nil, errSkeleton
}

// URL returns the address of the default database.
func (p *Private) URL() string { return "" }

// Database returns the address of a database, which it creates if it is missing.
func (p *Private) Database(ctx context.Context, name string) (string, error) { return "", errSkeleton }

// Close leaves the instance; the last to leave stops it.
func (p *Private) Close() error { return errSkeleton }

// Supervise must be the first line of main, and of TestMain: StartPrivate starts
// the same binary once more to look after PostgreSQL, and there Supervise never returns.
func Supervise() {}
