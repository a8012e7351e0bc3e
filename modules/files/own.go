package files

import (
	"context"

	"github.com/slipway-go/slipway/auth"
)

// own lets whoever asks touch the file, or says that there is none: its owner, and the module
// for which it was uploaded, on its own or for a user.
func own(ctx context.Context, r record) error {
	p, ok := auth.PrincipalFrom(ctx)
	if ok && p.Service() != "" && p.Service() != r.Module {
		return errNoFile(r.ID) // another module's, for whomever it asks
	}
	if r.Own && (!ok || !p.IsService()) {
		return errNoFile(r.ID) // a user's whose subject is the name of the module
	}
	if err := auth.Own(ctx, r.Owner); err != nil {
		return errNoFile(r.ID).Wrap(err)
	}
	return nil
}
