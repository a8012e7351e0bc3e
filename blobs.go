package slipway

import (
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/blob"
	"github.com/slipway-go/slipway/blob/disk"
	"github.com/slipway-go/slipway/blob/s3"
	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/httpclient"
	"github.com/slipway-go/slipway/problem"
)

// blobs say where the modules keep their objects.
type blobs struct {
	Dir string `env:"BLOB_DIR" example:"/var/lib/shop/blobs" doc:"The directory in which modules keep the content of files; all replicas of a module share it. Each module has a folder of its own there. Default in development and test: blobs in SLIPWAY_DATA_DIR."`
}

// bucket is an S3 that keeps them; the variables may carry a module's prefix.
type bucket struct {
	URL       config.Secret `env:"S3_URL" example:"https://KEY:SECRET@s3.eu-central-1.amazonaws.com/shop-files" doc:"The bucket in which modules keep the content of files, in place of BLOB_DIR: https://KEY:SECRET@HOST/BUCKET?region=REGION, where what is special in the secret is written as %2F and so on. style=host or style=path says how the bucket is addressed; by default as BUCKET.HOST at Amazon and Google, and as HOST/BUCKET elsewhere. The bucket must be there in production. <MODULE>_S3_URL gives a module its own. S3 may be down when the process starts, and does not count for /readyz."`
	PublicURL *url.URL      `env:"S3_PUBLIC_URL" example:"https://files.example.com" doc:"The address at which browsers reach the same S3, where that is another; it goes with the S3_URL of the same prefix."`
}

// blobSettings are read when a module asks for its store: a product without one needs none.
func (a *App) blobSettings() (blobs, error) {
	b, err := config.Load[blobs](a.source, "")
	if err != nil || b.Dir != "" {
		return b, err
	}
	switch {
	case a.overrides.BlobDir != nil:
		b.Dir = a.overrides.BlobDir()
	case a.source.Environment() == config.Production:
		return b, config.Errors{{
			Variable: "BLOB_DIR", Expected: "the directory in which the content of files is kept, such as /var/lib/shop/blobs, or S3_URL for a bucket",
			Fix: "in production it must be one that outlives the process, and that all replicas share",
		}}
	default:
		b.Dir = filepath.Join(a.settings.process.DataDir, "blobs")
	}
	return b, nil
}

// bucketSettings are the module's own, or those of all, and the prefix that they have; without
// a URL there is no bucket.
func (a *App) bucketSettings(module string) (bucket, string, error) {
	prefix := settingsPrefix(module)
	own, err := config.Load[bucket](a.source, prefix)
	if err != nil || own.URL.Reveal() != "" {
		return own, prefix, err
	}
	shared, err := config.Load[bucket](a.source, "")
	return shared, "", err
}

// Blobs returns the store of the module's objects. Where it is the settings say; the module
// sees its own keys alone. Addresses that the store signs lead to two routes of the module, if it
// has none of its own: fetch and send, GET and POST of one path that ends in "/{key...}".
// Otherwise nothing is behind these.
func (s *Setup) Blobs(fetch, send *api.Mounted) blob.Store {
	folder, ok := strings.CutSuffix(fetch.Path(), "/{key...}")
	if !ok || fetch.Method() != http.MethodGet || send.Method() != http.MethodPost || send.Path() != fetch.Path() {
		s.fail(fmt.Errorf("%s gives Blobs the routes %s and %s: expected GET and POST of one path that ends in /{key...}", s.module.Name(), fetch.Pattern(), send.Pattern()))
		return nil
	}
	store, handler, err := s.app.openBlobs(s.module.Name(), s.PublicURL()+folder)
	if err != nil {
		s.fail(fmt.Errorf("open the store of %s: %w", s.module.Name(), err))
		return nil
	}
	api.Mount(s, fetch, handler)
	api.Mount(s, send, handler)
	return blob.Below(store, s.module.Name()+"/")
}

// Blobs opens the store of the module's objects, which signs nothing: nobody serves what it
// would lead to.
func (o *Operation) Blobs() (blob.Store, error) {
	store, _, err := o.operator.app.openBlobs(o.module.Name(), "")
	if err != nil {
		return nil, fmt.Errorf("open the store of %s: %w", o.module.Name(), err)
	}
	return blob.Below(store, o.module.Name()+"/"), nil
}

// openBlobs opens the store that the settings name, until the App is closed, and what serves
// the addresses that it signs below url.
func (a *App) openBlobs(module, url string) (blob.Store, http.Handler, error) {
	at, prefix, err := a.bucketSettings(module)
	if err != nil {
		return nil, nil, err
	}
	if at.URL.Reveal() != "" {
		store, err := a.openBucket(module, at)
		if err != nil {
			return nil, nil, fmt.Errorf("%sS3_URL: %w", prefix, err)
		}
		return store, http.HandlerFunc(nothingHere), nil
	}
	return a.openDisk(url)
}

func (a *App) openDisk(url string) (blob.Store, http.Handler, error) {
	b, err := a.blobSettings()
	if err != nil {
		return nil, nil, err
	}
	store, err := disk.Open(disk.Config{Dir: b.Dir, URL: url, Fail: api.Fail})
	if err != nil {
		return nil, nil, fmt.Errorf("BLOB_DIR=%s: %w", b.Dir, err)
	}
	a.closers = append(a.closers, store.Close)
	return store, store, nil
}

// openBucket connects to nothing yet.
func (a *App) openBucket(module string, at bucket) (blob.Store, error) {
	calls := a.settings.http
	calls.HeaderTimeout = max(calls.HeaderTimeout, slowestBucket)
	network, err := httpclient.NewTransport(calls)
	if err != nil {
		return nil, err
	}
	a.closers = append(a.closers, func() error { network.CloseIdleConnections(); return nil })
	observer := a.observer(module)
	cfg := s3.Config{
		URL: at.URL, Transport: httpclient.Chain(network, notInTransaction("s3")), Logger: observer.Logger, Metrics: observer.Metrics,
		CreateBucket: a.source.Environment() != config.Production,
	}
	if at.PublicURL != nil {
		cfg.PublicURL = at.PublicURL.String()
	}
	return s3.Open(cfg)
}

// slowestBucket is how long an S3 may take to answer once it copies a large object or puts one
// together; the store itself waits less for all else.
const slowestBucket = 2 * time.Minute

// nothingHere is the door of a store whose addresses lead elsewhere.
func nothingHere(w http.ResponseWriter, r *http.Request) {
	api.Fail(w, r, problem.NotFound("there is nothing here: files are sent and fetched at an address of their store"))
}
