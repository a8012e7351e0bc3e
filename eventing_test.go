package slipway_test

import (
	"context"
	"maps"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/events"
	"github.com/slipway-go/slipway/jobs"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/slipwaytest"
)

// A kiosk rings up sales, and an archive of its own keeps each once.
var (
	kioskModule   = api.Module("kiosk")
	archiveModule = api.Module("archive")

	rung = events.Define[kioskSale](kioskModule, "rung", 1, "Something was rung up.").Key("what was sold")

	useKiosk = auth.Perm("kiosk:use", "Ring things up").GrantTo("clerk")
	ring     = api.POST[ringInput, api.Empty](kioskModule, "/sales/{sku}", auth.Need(useKiosk).Users(), "Ring something up")
	look     = api.GET[ringInput, archived](archiveModule, "/archive/{sku}", auth.Need(useKiosk).Users(), "Count what is archived")
)

type kioskSale struct {
	SKU string `json:"sku"`
}

type ringInput struct {
	SKU string `path:"sku" maxLength:"50"`
}

type archived struct {
	Count int `json:"count"`
}

func table(name string) slipway.Option {
	return slipway.Migrations(fstest.MapFS{"00001_table.sql": {Data: []byte(
		"-- +goose Up\nCREATE TABLE " + name + " (sku text NOT NULL);\n-- +goose Down\nDROP TABLE " + name + ";\n")}})
}

func kiosk() slipway.Module {
	return slipway.NewModule(kioskModule, func(m *slipway.Setup, _ struct{}) error {
		db := m.DB()
		api.Handle(m, ring, func(ctx context.Context, in ringInput) (api.Empty, error) {
			return api.Empty{}, db.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error {
				if _, err := tx.Exec(ctx, "INSERT INTO sales VALUES ($1)", in.SKU); err != nil {
					return err
				}
				return rung.Emit(ctx, tx, in.SKU, kioskSale(in))
			})
		})
		return nil
	}, table("sales"), slipway.Emits(rung))
}

func archive() slipway.Module {
	return slipway.NewModule(archiveModule, func(m *slipway.Setup, _ struct{}) error {
		db := m.DB()
		jobs.On(m, "keep", rung, jobs.Func[kioskSale](func(_ context.Context, d jobs.Delivery[kioskSale]) (jobs.Effect, error) {
			return func(ctx context.Context, tx postgres.Tx) error {
				_, err := tx.Exec(ctx, "INSERT INTO kept VALUES ($1)", d.Data.SKU)
				return err
			}, nil
		}))
		api.Handle(m, look, func(ctx context.Context, in ringInput) (got archived, err error) {
			err = db.QueryRow(ctx, "SELECT count(*) FROM kept WHERE sku = $1", in.SKU).Scan(&got.Count)
			return got, err
		})
		return nil
	}, table("kept"), slipway.Subscribes(rung))
}

func store() []slipway.Module { return []slipway.Module{kiosk(), archive()} }

func TestEvents(t *testing.T) {
	t.Parallel()
	slipwaytest.Deployments(t, store(), func(t *testing.T, k *slipwaytest.Kit) {
		clerk := k.As("clerk")
		for range 3 {
			slipwaytest.Do(clerk, ring, ringInput{"mug"}).Want(204)
		}
		for began := time.Now(); ; time.Sleep(20 * time.Millisecond) { // the processes work by themselves
			got := slipwaytest.Do(clerk, look, ringInput{"mug"}).Want(200).Body.Count
			if got == 3 {
				return
			}
			if got > 3 || time.Since(began) > 20*time.Second {
				t.Fatalf("%d sales are in the archive, want 3", got)
			}
		}
	})
}

func TestNew_broker(t *testing.T) {
	t.Parallel()
	settings := func(more map[string]string) *config.Source {
		values := map[string]string{"SLIPWAY_ENV": "test", "SLIPWAY_MODULES": "kiosk", "SSO_ISSUER": "http://127.0.0.1:1"}
		maps.Copy(values, more)
		return config.New(values)
	}

	t.Run("is needed by a process that hosts some of the modules", func(t *testing.T) {
		t.Parallel()
		_, err := slipway.New(settings(nil), store()...)
		if err == nil || !strings.Contains(err.Error(), "AMQP_URL") || !strings.Contains(err.Error(), "kiosk has events") {
			t.Errorf("New() = %v, want a word that AMQP_URL is missing, and for whom", err)
		}
	})
	t.Run("is not needed where nothing is emitted", func(t *testing.T) {
		t.Parallel()
		if _, err := slipway.New(settings(map[string]string{"SLIPWAY_MODULES": "shelf"}), append(store(), shelf())...); err != nil {
			t.Errorf("New() = %v, want nil", err)
		}
	})
	t.Run("is an address that can be one", func(t *testing.T) {
		t.Parallel()
		for _, address := range []string{"http://127.0.0.1", "127.0.0.1:5672", "amqp://guest:secretive@:port/"} {
			_, err := slipway.New(settings(map[string]string{"AMQP_URL": address}), store()...)
			if err == nil || !strings.Contains(err.Error(), "AMQP_URL") {
				t.Errorf("New() with AMQP_URL=%s = %v, want what is wrong with it", address, err)
			}
			if err != nil && strings.Contains(err.Error(), "secretive") {
				t.Errorf("the error shows a password: %v", err)
			}
		}
	})
}

func TestModule_With(t *testing.T) {
	t.Parallel()
	var attempts atomic.Int32
	counting := func(next jobs.Step) jobs.Step {
		return func(ctx context.Context, a *jobs.Attempt) error {
			attempts.Add(1)
			return next(ctx, a)
		}
	}
	plain := archive()
	k := slipwaytest.Tx(t, kiosk(), plain.With(slipway.AroundJobs(counting)))
	slipwaytest.Do(k.As("clerk"), ring, ringInput{"mug"}).Want(204)
	if got := attempts.Load(); got != 1 {
		t.Errorf("the product's middleware saw %d attempts, want 1", got)
	}
}
