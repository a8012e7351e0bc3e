package slipway_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/slipwaytest"
)

// post sends letters by a carrier outside, in a transaction or not.
var (
	postModule = api.Module("post")
	send       = api.POST[sendInput, letter](postModule, "/letters", auth.SignedIn(), "Send a letter")
)

type sendInput struct {
	InTx bool `query:"in_tx"`
}

type letter struct {
	Refused string `json:"refused"`
}

func post() slipway.Module {
	none := fstest.MapFS{"00001_none.sql": {Data: []byte("-- +goose Up\nSELECT 1;\n-- +goose Down\nSELECT 1;\n")}}
	return slipway.NewModule(postModule, func(m *slipway.Setup, _ struct{}) error {
		db, carrier := m.DB(), m.Outside("carrier")
		hand := func(ctx context.Context) error {
			r, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://carrier.test/letters", http.NoBody)
			if err != nil {
				return err
			}
			resp, err := carrier.Do(r)
			if err != nil {
				return err
			}
			return resp.Body.Close()
		}
		api.Handle(m, send, func(ctx context.Context, in sendInput) (letter, error) {
			var err error
			if in.InTx {
				err = db.InTx(ctx, func(ctx context.Context, _ postgres.Tx) error { return hand(ctx) })
			} else {
				err = hand(ctx)
			}
			return letter{fmt.Sprint(err)}, nil
		})
		return nil
	}, slipway.Migrations(none))
}

func TestSetup_Outside(t *testing.T) {
	t.Parallel()
	var got []*http.Request
	k := slipwaytest.Tx(t, post()).User("anna")
	slipwaytest.External(k, "https://carrier.test", http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = append(got, r) }))

	t.Run("refuses a call inside a transaction", func(t *testing.T) {
		refused := slipwaytest.Do(k.In(t), send, sendInput{InTx: true}).Want(200).Body.Refused
		if !strings.Contains(refused, "call carrier: a host outside is called inside a database transaction") || len(got) > 0 {
			t.Errorf("refused = %q after %d calls", refused, len(got))
		}
	})

	t.Run("passes the trace on, and no token", func(t *testing.T) {
		slipwaytest.Do(k.In(t), send, sendInput{}).Want(200)
		if len(got) != 1 || got[0].Header.Get("Traceparent") == "" || got[0].Header.Get("Authorization") != "" {
			t.Errorf("got %v, want one call with a trace and without a token", got)
		}
	})

	t.Run("does not repeat what may have taken effect", func(t *testing.T) {
		slipwaytest.External(k, "https://carrier.test", nil, slipwaytest.Reset)
		refused := slipwaytest.Do(k.In(t), send, sendInput{}).Want(200).Body.Refused
		if want := "the connection with carrier at https://carrier.test broke: read tcp: read: connection reset by peer"; !strings.Contains(refused, want) {
			t.Errorf("refused = %q, want %q", refused, want)
		}
	})
}
