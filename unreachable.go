package slipway

import (
	"errors"
	"fmt"
	"net"

	"github.com/slipway-go/slipway/postgres"
)

// unreachable says in one sentence for people that a module's database is away. The
// driver says so once for each address and way that it tried.
func unreachable(module string, err error) error {
	if !postgres.IsUnavailable(err) {
		return fmt.Errorf("database of %s: %w", module, err)
	}
	if dial, ok := errors.AsType[*net.OpError](err); ok {
		err = dial
	}
	return fmt.Errorf("the database of module %s cannot be reached: is it running, and is DATABASE_URL, or %sDATABASE_URL, its address? It says: %w",
		module, settingsPrefix(module), err)
}
