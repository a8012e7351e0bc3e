package slipwaytest_test

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/slipwaytest"
)

// TestSweeps proves that the sweeps fail where they should.
func TestSweeps(t *testing.T) {
	t.Parallel()
	out, err := startChild(t, t.TempDir(), "^TestPlantedSweeps$", "sweeps")
	if err == nil {
		t.Fatal("the sweeps passed, want them to fail")
	}
	for _, want := range []string{
		"GET /wishes with the token of a session that has ended: got 200, want 401 within 1ms",
		"POST /wishes with the member is_admin, which it does not know: got 204, want a refusal",
		"POST /wishes with the member user_id, which it does not know: got 204, want a refusal",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("the sweeps did not say %q; they said\n%s", want, out)
		}
	}
}

// TestPlantedSweeps is the child: a module that takes anything, and a session that goes on.
func TestPlantedSweeps(t *testing.T) {
	if _, ok := os.LookupEnv(plantVariable); !ok {
		t.Skip("it is the child process of TestSweeps")
	}
	type wish struct {
		Body struct {
			_    struct{} `additionalProperties:"true"`
			Text string   `json:"text" maxLength:"100"`
		}
	}
	c := api.Module("wishes")
	list := api.GET[api.Empty, titles](c, "/wishes", auth.SignedIn(), "See wishes")
	add := api.POST[wish, api.Empty](c, "/wishes", auth.SignedIn(), "Wish for something")
	k := slipwaytest.Tx(t, slipway.NewModule(c, func(m *slipway.Setup, _ struct{}) error {
		api.Handle(m, list, func(context.Context, api.Empty) (titles, error) { return titles{[]string{}}, nil })
		api.Handle(m, add, func(context.Context, wish) (api.Empty, error) { return api.Empty{}, nil })
		return nil
	}))
	ada := k.User("ada")
	slipwaytest.SweepEnded(t, ada, time.Millisecond)
	slipwaytest.SweepSpoofs(t, ada)
}
