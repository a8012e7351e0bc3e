package files

import (
	"context"
	"strings"
	"testing/fstest"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/events"
	"github.com/slipway-go/slipway/jobs"
	"github.com/slipway-go/slipway/modules/files/filesapi"
	"github.com/slipway-go/slipway/postgres"
)

// The witness is a module that writes down what it is told of files.
var witness = api.Module("witness")

const witnessTable = `-- +goose Up
CREATE TABLE heard (topic text NOT NULL, file uuid NOT NULL, state text NOT NULL);
-- +goose Down
DROP TABLE heard;
`

func witnessModule() slipway.Module {
	all := []*events.Event[filesapi.File]{filesapi.Stored, filesapi.Rejected, filesapi.Expiring, filesapi.Deleted}
	return slipway.NewModule(witness, func(m *slipway.Setup, _ struct{}) error {
		for _, e := range all {
			jobs.On(m, "hear-"+strings.TrimPrefix(e.Type(), "files."), e, jobs.Func[filesapi.File](func(_ context.Context, d jobs.Delivery[filesapi.File]) (jobs.Effect, error) {
				return func(ctx context.Context, tx postgres.Tx) error {
					_, err := tx.Exec(ctx, `INSERT INTO heard (topic, file, state) VALUES ($1, $2, $3)`, strings.TrimPrefix(e.Type(), "files."), d.Data.ID, d.Data.State)
					return err
				}, nil
			}))
		}
		return nil
	}, slipway.Migrations(fstest.MapFS{"00001_heard.sql": {Data: []byte(witnessTable)}}),
		slipway.Subscribes(filesapi.Stored, filesapi.Rejected, filesapi.Expiring, filesapi.Deleted))
}
