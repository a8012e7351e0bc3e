package postgres

import (
	"context"
	"errors"
)

// PrivateConfig says where a private PostgreSQL lives.
type PrivateConfig struct {
	Dir     string
	Durable bool
}

// Private is a PostgreSQL server of this program's own.
type Private struct{}

// StartPrivate will come with the next commit.
func StartPrivate(context.Context, PrivateConfig) (*Private, error) {
	return nil, errors.New("a private PostgreSQL is not built yet: set DATABASE_URL")
}

// URL returns the address of the server.
func (*Private) URL() string { return "" }

// Database returns the address of a database.
func (*Private) Database(context.Context, string) (string, error) {
	return "", errors.New("not built yet")
}

// Close ends the use of the server.
func (*Private) Close() error { return nil }

// Supervise runs the supervisor in its own process.
func Supervise() {}
