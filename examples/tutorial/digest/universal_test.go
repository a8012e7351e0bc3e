package digest_test

import (
	"testing"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/examples/tutorial/digest"
	"github.com/slipway-go/slipway/examples/tutorial/digest/digestapi"
	"github.com/slipway-go/slipway/examples/tutorial/notes/notesapi"
	"github.com/slipway-go/slipway/slipwaytest"
)

func TestUniversal(t *testing.T) {
	slipwaytest.Universal(t, digest.New(),
		slipwaytest.World(func(k *slipwaytest.Kit) { slipwaytest.External(k, host, newPress()) }),
		slipwaytest.Example(digestapi.Get, func(*slipwaytest.Kit) api.Empty { return api.Empty{} }),
		slipwaytest.ExampleEvent(notesapi.Written, func(k *slipwaytest.Kit) (string, notesapi.NoteWritten) {
			n := written(k.Subject(), 200)
			return n.ID.String(), n
		}),
	)
}
