package slipway

import (
	"context"
	"io"

	"github.com/slipway-go/slipway/config"
)

// Command runs a command of a product as main would, with settings of the test's own.
func Command(ctx context.Context, src *config.Source, out io.Writer, modules []Module, args ...string) error {
	return CommandWith(ctx, src, Overrides{}, out, args, modules...)
}
