package s3_test

import (
	"testing"

	"github.com/slipway-go/slipway/blob"
	"github.com/slipway-go/slipway/blob/blobtest"
	"github.com/slipway-go/slipway/blob/s3"
	"github.com/slipway-go/slipway/blob/s3/s3test"
)

func TestStore(t *testing.T) {
	t.Parallel()
	server := s3test.Start(t)
	blobtest.TestStore(t, func(t *testing.T) blob.Store {
		store, err := s3.Open(s3.Config{URL: server.NewBucket(t)})
		if err != nil {
			t.Fatal(err)
		}
		return store
	},
		// versitygw takes a form's fields that come behind its file; Amazon ignores them.
		"RefusesAFormWhoseFileComesFirst",
		// versitygw refuses a form that is too large, and reads all of it for the sake of the
		// connection; Amazon hangs up.
		"RefusesAGigabyteDeclaredAsTenBytes",
	)
}
