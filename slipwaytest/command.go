package slipwaytest

import (
	"bytes"
	"context"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/postgres"
)

// Command runs a command of the product over the test's own databases, such as "sso",
// "keys", "list", and returns what it prints. There is none in a deployment.
func (k *Kit) Command(args ...string) (string, error) {
	k.t.Helper()
	if k.settings == nil {
		k.t.Fatal("Command: the processes of a deployment have databases of their own; use Tx or Commit")
	}
	var out bytes.Buffer
	o := slipway.Overrides{
		Database: func(_ context.Context, m slipway.Module) (*postgres.DB, error) { return k.DB(m.Name()), nil },
		BlobDir:  k.blobs,
	}
	err := slipway.CommandWith(k.t.Context(), k.settings, o, &out, args, k.modules...)
	return out.String(), err
}
