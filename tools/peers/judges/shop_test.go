package judges_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/examples/shop/catalog"
	"github.com/slipway-go/slipway/examples/shop/receipts"
	"github.com/slipway-go/slipway/internal/loopback"
	"github.com/slipway-go/slipway/modules/acquiring"
	"github.com/slipway-go/slipway/modules/acquiring/simulator"
	"github.com/slipway-go/slipway/modules/cart"
	"github.com/slipway-go/slipway/modules/files"
	"github.com/slipway-go/slipway/modules/sso"
	"github.com/slipway-go/slipway/postgres"
)

// A shop is a product that runs in this process, as its main function would run it.
type shop struct {
	once sync.Once
	err  error

	url      string // the issuer as well
	settings *config.Source
	log      log
	address  *loopback.Address
	database *postgres.Private
	blobs    string // the folder of what is uploaded
	cancel   context.CancelFunc
	ended    chan error
}

// theShop is judged by all tests: each has people and applications of its own.
var theShop shop

func modules() []slipway.Module {
	return []slipway.Module{sso.New(), files.New(), catalog.New(), cart.New(), acquiring.New(simulator.Adapter()), receipts.New()}
}

// cartSecret is the credential of the module cart.
var cartSecret = rand.Text() + " % +/=" + rand.Text()

// openShop returns the shop, which opens with the first test that wants it.
func openShop(t *testing.T) *shop {
	t.Helper()
	theShop.once.Do(func() { theShop.err = theShop.start(t.Context()) })
	if theShop.err != nil {
		t.Fatalf("the shop does not open: %v\n%s", theShop.err, &theShop.log)
	}
	return &theShop
}

func (s *shop) start(ctx context.Context) error {
	var err error
	if s.address, err = loopback.Reserve(); err != nil {
		return err
	}
	dir := filepath.Join(os.TempDir(), fmt.Sprintf("slipway-judges-%d", os.Geteuid()))
	if s.database, err = postgres.StartPrivate(ctx, postgres.PrivateConfig{Dir: dir}); err != nil {
		return err
	}
	database, err := s.database.Database(ctx, "judged_"+strings.ToLower(rand.Text()))
	if err != nil {
		return err
	}
	if s.blobs, err = os.MkdirTemp("", "slipway-judges-blobs-"); err != nil {
		return err
	}
	_, port, _ := strings.Cut(s.address.String(), ":")
	s.url = "http://localhost:" + port // by name, since no passkey works on a number
	s.settings = config.New(map[string]string{
		"SLIPWAY_ENV": "test", "SLIPWAY_NAME": "shop", "SLIPWAY_ADDR": s.address.String(), "SLIPWAY_PUBLIC_URL": s.url,
		"DATABASE_URL": database, "BLOB_DIR": s.blobs, "CART_CLIENT_SECRET": cartSecret, "SSO_PRODUCT_NAME": "Corner Shop",
	})
	return s.run(ctx)
}

func (s *shop) run(ctx context.Context) error {
	app, err := slipway.NewWith(s.settings, slipway.Overrides{Stdout: &s.log}, modules()...)
	if err != nil {
		return err
	}
	// The shop outlives the test that has opened it.
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	s.cancel, s.ended = cancel, make(chan error, 1)
	go func() { s.ended <- app.Run(running) }()
	return s.ready(ctx)
}

// ready waits until the shop serves, or says why it does not.
func (s *shop) ready(ctx context.Context) error {
	const patience = time.Minute // it migrates
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		if resp, err := get(ctx, s.url+"/readyz"); err == nil && resp.StatusCode == http.StatusOK {
			return nil
		}
		select {
		case err := <-s.ended:
			s.ended <- nil // for stop
			return fmt.Errorf("it has ended: %w", err)
		case <-ctx.Done():
			return fmt.Errorf("it is not ready: %w", ctx.Err())
		case <-time.After(20 * time.Millisecond): // nothing tells when
		}
	}
}

func get(ctx context.Context, address string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	return resp, resp.Body.Close()
}

func (s *shop) stop() error {
	var errs []error
	if s.cancel != nil {
		s.cancel()
		errs = append(errs, <-s.ended)
	}
	if s.database != nil {
		errs = append(errs, s.database.Close())
	}
	if s.address != nil {
		s.address.Release()
	}
	if s.blobs != "" {
		errs = append(errs, os.RemoveAll(s.blobs))
	}
	return errors.Join(errs...)
}

// command runs one of the product's binary, below sso, and reads what it prints.
func (s *shop) command(t *testing.T, report any, args ...string) {
	t.Helper()
	var out bytes.Buffer
	args = append(append([]string{"sso"}, args...), "--json")
	err := slipway.CommandWith(t.Context(), s.settings, slipway.Overrides{}, &out, args, modules()...)
	if err == nil {
		err = json.Unmarshal(out.Bytes(), report)
	}
	if err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, &out)
	}
}

// A log is what the shop says, for who has to look into it.
type log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// String returns the end of it.
func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	const most = 20_000
	all := l.text.Bytes()
	return string(all[max(0, len(all)-most):])
}
