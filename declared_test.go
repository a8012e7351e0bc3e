package slipway_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/events"
	"github.com/slipway-go/slipway/slipwaytest"
)

// A stall rings up sales, and a ledger wants to know.
var (
	stallModule  = api.Module("stall")
	ledgerModule = api.Module("ledger")

	sold   = events.Define[stallSale](stallModule, "sold", 1, "Something was sold.").Key("the sale's id")
	soldV2 = events.Define[stallSale](stallModule, "sold", 2, "Something was sold.")
	booked = events.Define[stallSale](ledgerModule, "booked", 1, "A sale is in the books.")
)

type stallSale struct {
	SKU string `json:"sku"`
}

type strangeSale struct {
	Article string `json:"article"`
}

func noTables() slipway.Option {
	return slipway.Migrations(fstest.MapFS{"00001_none.sql": {Data: []byte("-- +goose Up\nSELECT 1;\n-- +goose Down\nSELECT 1;\n")}})
}

func eventful(contract *api.Contract, opts ...slipway.Option) slipway.Module {
	return slipway.NewModule(contract, func(*slipway.Setup, struct{}) error { return nil }, opts...)
}

func TestNew_events(t *testing.T) {
	t.Parallel()
	tables := noTables()
	stall := eventful(stallModule, tables, slipway.Emits(sold))
	broken := events.Define[stallSale](stallModule, "Sold", 0, "")
	imitation := events.Define[strangeSale](stallModule, "sold", 1, "Something was sold.")
	cases := []struct {
		name    string
		modules []slipway.Module
		want    []string // nothing: New takes it
	}{
		{"takes a producer and its subscriber", []slipway.Module{eventful(ledgerModule, tables, slipway.Emits(booked), slipway.Subscribes(sold)), stall}, nil},
		{"takes a module that subscribes to its own", []slipway.Module{eventful(stallModule, tables, slipway.Emits(sold), slipway.Subscribes(sold))}, nil},
		{
			"refuses a wrong definition, with every mistake once",
			[]slipway.Module{eventful(stallModule, tables, slipway.Emits(broken), slipway.Subscribes(broken))},
			[]string{"event stall.Sold: its name", "event stall.Sold: version 0", "event stall.Sold: it has no doc"},
		},
		{
			"refuses an event of another module",
			[]slipway.Module{stall, eventful(ledgerModule, tables, slipway.Emits(sold))},
			[]string{"ledger emits stall.sold.v1, which is an event of stall"},
		},
		{"refuses what is emitted twice", []slipway.Module{eventful(stallModule, tables, slipway.Emits(sold, sold))}, []string{"stall emits stall.sold.v1 twice"}},
		{
			"refuses one topic with two types",
			[]slipway.Module{stall, eventful(ledgerModule, tables, slipway.Subscribes(imitation))},
			[]string{"event stall.sold.v1 is declared with slipway_test.stallSale and with slipway_test.strangeSale"},
		},
		{
			"refuses a second subscription to the same",
			[]slipway.Module{stall, eventful(ledgerModule, tables, slipway.Subscribes(sold), slipway.Subscribes(sold))},
			[]string{"ledger subscribes to stall.sold.v1 twice"},
		},
		{
			"refuses a subscription to a module that is missing",
			[]slipway.Module{eventful(ledgerModule, tables, slipway.Subscribes(sold))},
			[]string{`ledger subscribes to stall.sold.v1 of module "stall", which this product does not have (its modules: ledger)`},
		},
		{
			"refuses a subscription to what nobody emits",
			[]slipway.Module{stall, eventful(ledgerModule, tables, slipway.Subscribes(soldV2))},
			[]string{"ledger subscribes to stall.sold.v2, which stall does not emit"},
		},
		{
			"refuses events of a module without a database",
			[]slipway.Module{eventful(stallModule, slipway.Emits(sold)), eventful(ledgerModule, slipway.Subscribes(sold))},
			[]string{"stall emits stall.sold.v1 but has no migrations", "ledger subscribes to stall.sold.v1 but has no migrations"},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := slipway.New(config.New(map[string]string{"SSO_ISSUER": "https://sso.test"}), c.modules...)
			if c.want == nil && err != nil {
				t.Fatalf("err = %v", err)
			}
			for _, want := range c.want {
				if err == nil || strings.Count(err.Error(), want) != 1 {
					t.Errorf("err = %v\nwant once %q", err, want)
				}
			}
		})
	}

	t.Run("takes a subscriber alone in a test kit", func(t *testing.T) {
		t.Parallel()
		kit := slipway.Overrides{Neighbour: func(_, _ string, next http.RoundTripper) http.RoundTripper { return next }}
		if _, err := slipway.NewWith(config.New(map[string]string{"SSO_ISSUER": "https://sso.test"}), kit, eventful(ledgerModule, tables, slipway.Subscribes(sold))); err != nil {
			t.Error(err)
		}
	})
}

func TestEventDocs(t *testing.T) {
	t.Parallel()
	k := slipwaytest.TxWith(t, map[string]string{"SLIPWAY_DOCS": "true"}, eventful(stallModule, noTables(), slipway.Emits(sold, soldV2)))

	t.Run("describes the events to machines", func(t *testing.T) {
		var doc struct {
			AsyncAPI string `json:"asyncapi"`
			Channels map[string]struct {
				Producer string `json:"x-slipway-producer"`
			} `json:"channels"`
		}
		if err := json.Unmarshal(k.In(t).JSON("GET", "/asyncapi.json", "").Want(200).Raw, &doc); err != nil {
			t.Fatal(err)
		}
		if doc.AsyncAPI != "3.0.0" || doc.Channels["stall.sold.v1"].Producer != "stall" || len(doc.Channels) != 2 {
			t.Errorf("document = %+v", doc)
		}
	})

	t.Run("and to people", func(t *testing.T) {
		page := k.In(t).JSON("GET", "/docs/events/", "").Want(200)
		if !strings.Contains(string(page.Raw), `id="stall.sold.v2"`) || page.Header.Get("Content-Security-Policy") == "" {
			t.Errorf("the page lacks an event or a policy:\n%s", page.Raw)
		}
	})

	t.Run("unless there is to be no documentation", func(t *testing.T) {
		quiet := slipwaytest.TxWith(t, map[string]string{"SLIPWAY_DOCS": "false"}, eventful(stallModule, noTables(), slipway.Emits(sold)))
		for _, path := range []string{"/asyncapi.json", "/docs/events/"} {
			quiet.JSON("GET", path, "").Want(404)
		}
	})
}
