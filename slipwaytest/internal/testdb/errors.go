package testdb

import (
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"
)

// SQLSTATEs for which there is advice.
const (
	diskFull           = "53100"
	tooManyConnections = "53300"
	insufficientRight  = "42501"
)

// explain adds what to do about an error of the server.
func explain(err error) error {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok && e.Code == insufficientRight {
		return fmt.Errorf("%w\nTests create databases: let a superuser say ALTER ROLE … CREATEDB for the account that %s names", err, ServerVariable)
	}
	if advice := adviceFor(err); advice != "" {
		return fmt.Errorf("%w\n%s", err, advice)
	}
	return err
}

// adviceFor returns advice about errors that are the server's state.
func adviceFor(err error) string {
	e, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return ""
	}
	switch e.Code {
	case diskFull:
		return "The test server has no room left. A private one lies in /dev/shm (if 512 MB were free there) or else in TMPDIR: look with df -h, " +
			"remove what is old, give a container more (docker run --shm-size=1g), or name another server with " + ServerVariable + "."
	case tooManyConnections:
		return "Every test has a connection for each of its modules: run fewer at once (go test -p 2 -parallel 4), " +
			"or raise max_connections of the server that " + ServerVariable + " names."
	}
	return ""
}
