package files

import (
	"log/slog"
	"net/http"
	"runtime"
	"time"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/blob"
	"github.com/slipway-go/slipway/jobs"
	"github.com/slipway-go/slipway/modules/files/filesapi"
	"github.com/slipway-go/slipway/modules/files/migrations"
)

// New returns the module.
func New() slipway.Module {
	return slipway.NewModule(filesapi.Module, setup, slipway.Migrations(migrations.Files), emitted(), slipway.Commands(commands))
}

func emitted() slipway.Option {
	return slipway.Emits(filesapi.Stored, filesapi.Rejected, filesapi.Expiring, filesapi.Deleted)
}

// Config are the settings of the module.
type Config struct {
	OwnerBytes   int64         `env:"OWNER_BYTES" envDefault:"1073741824" min:"1" doc:"How many bytes the files of one owner may have."`
	OwnerFiles   int64         `env:"OWNER_FILES" envDefault:"1000" min:"1" doc:"How many files one owner may have."`
	PlentyBytes  int64         `env:"PLENTY_BYTES" envDefault:"21474836480" min:"1" doc:"The same for owners with the permission files:plenty."`
	PlentyFiles  int64         `env:"PLENTY_FILES" envDefault:"20000" min:"1" doc:"The same for owners with the permission files:plenty."`
	ModuleBytes  int64         `env:"MODULE_BYTES" envDefault:"107374182400" min:"1" doc:"How many bytes all files of one module may have."`
	ModuleFiles  int64         `env:"MODULE_FILES" envDefault:"1000000" min:"1" doc:"How many files one module may have."`
	UploadWithin time.Duration `env:"UPLOAD_WITHIN" envDefault:"1h" min:"1m" max:"24h" doc:"How long an announced file may take to come."`
	RenderBytes  int64         `env:"RENDER_BYTES" envDefault:"1073741824" min:"1" doc:"How much memory the images that are opened at once may take, in bytes. One that needs more is opened alone."`

	Grace          time.Duration `env:"GRACE" envDefault:"24h" min:"1h" doc:"How old an object is at least that goes because no row wants it, and a content that nobody finished."`
	ReconcileLimit int           `env:"RECONCILE_LIMIT" envDefault:"1000" min:"1" max:"100000" doc:"How many objects, and how many files without their object, may go when the store is compared with the rows each night. Of more than that none goes."`
	KeepRowsFor    time.Duration `env:"KEEP_ROWS_FOR" envDefault:"720h" min:"1h" doc:"How long it is known of a file that is gone that it was there. Of one that was never stored a day at most."`

	ClamdAddr  string `env:"CLAMD_ADDR" doc:"Where clamd listens, ClamAV's daemon, which is then asked about each file: host:port, or the path of its socket. Without it nobody is asked."`
	ClamdBytes int64  `env:"CLAMD_BYTES" envDefault:"104857600" min:"1" doc:"How many bytes a file may have, with what is packed in it, to be scanned: no more than StreamMaxLength, MaxFileSize and MaxScanSize of clamd. A larger one is refused, if clamd is asked."`

	Redirect bool `env:"REDIRECT" doc:"Answer downloads that need no token with a redirect to the store itself: for an S3 that clients reach, at S3_PUBLIC_URL. What the store sends has the checked type and is always saved, never shown as a page; the store sends no nosniff, no policy, and no caching for ever."`
}

func setup(m *slipway.Setup, cfg Config) error {
	newService(m, cfg)
	return nil
}

func newService(m *slipway.Setup, cfg Config) *service {
	s := &service{
		cfg: cfg, url: m.PublicURL(), profiles: profilesOf(m.Contracts()), ledger: ledger{m.DB()}, store: m.Blobs(filesapi.FetchBlob, filesapi.SendBlob), signer: &signer{db: m.DB()}, known: newKnown(),
		logger: m.Logger(), metrics: newMetrics(m.Metrics()), renewEvery: renewEvery,
	}
	s.checking = newTurns(runtime.GOMAXPROCS(0))
	s.takeIn(m)
	s.render = jobs.Handle(m, "render", renders{s, newMemory(cfg.RenderBytes), renderTime}).Timeout(renderJobTime).Concurrency(renderings)
	s.live(m)
	s.reads(m)
	return s
}

// takeIn registers how files come in.
func (s *service) takeIn(m *slipway.Setup) {
	api.Mount(m, filesapi.Upload, http.HandlerFunc(s.upload))
	api.Handle(m, filesapi.Begin, s.begin)
	api.Handle(m, filesapi.Complete, s.complete)
	s.check = jobs.Handle(m, "check", checks{s}).Timeout(checkTime).Concurrency(2)
}

type service struct {
	cfg        Config
	url        string // of the product, for people
	profiles   profiles
	ledger     ledger
	store      blob.Store
	signer     *signer
	known      *known
	logger     *slog.Logger
	checking   turns         // of looks at contents
	renewEvery time.Duration // see holdRoom
	metrics    *metrics
	check      *jobs.Job[checking]
	render     *jobs.Job[rendering]
	remove     *jobs.Job[removal]  // nil, as in commands: the sweep does it
	clear      *jobs.Job[clearing] // likewise
}
