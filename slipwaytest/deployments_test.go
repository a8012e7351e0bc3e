package slipwaytest_test

import (
	"context"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/slipwaytest"
)

// TestDeployments proves that a test fails as services when modules share more
// than their contracts, which in one binary nobody notices.
func TestDeployments(t *testing.T) {
	t.Parallel()
	out, err := startChild(t, t.TempDir(), "^TestPlantedDeployment$", "shared memory")
	if err == nil {
		t.Fatal("the test passed in both deployments, want it to fail as services")
	}
	for _, want := range []string{
		"--- PASS: TestPlantedDeployment/one_binary", "--- FAIL: TestPlantedDeployment/services", `the right hand knows "", want "a secret"`,
	} {
		if !strings.Contains(out, want) {
			t.Errorf("got no %q in\n%s", want, out)
		}
	}
}

// TestPlantedDeployment is the child: two modules that share a variable of Go.
func TestPlantedDeployment(t *testing.T) {
	if _, ok := os.LookupEnv(plantVariable); !ok {
		t.Skip("it is the child process of TestDeployments")
	}
	slipwaytest.Deployments(t, []slipway.Module{leftHand(), rightHand()}, func(t *testing.T, k *slipwaytest.Kit) {
		who := k.User("ada", "left:tell", "right:know")
		slipwaytest.Do(who, tell, tellInput{Body: word{"a secret"}}).Want(204)
		if got := slipwaytest.Do(who, know, api.Empty{}).Want(200).Body.Text; got != "a secret" {
			t.Errorf("the right hand knows %q, want %q", got, "a secret")
		}
	})
}

func TestKit_hasNoProcessesInTx(t *testing.T) {
	t.Parallel()
	for want, use := range map[string]func(k *slipwaytest.Kit){
		`Kill("left"): `:     func(k *slipwaytest.Kit) { k.Kill("left") },
		`Restart("left"): `:  func(k *slipwaytest.Kit) { k.Restart("left") },
		`Database("left"): `: func(k *slipwaytest.Kit) { k.Database("left") },
	} {
		f := &failing{TB: t}
		k := slipwaytest.Tx(t, leftHand()).In(f)
		said := f.run(func() { use(k) })
		for _, want := range []string{want, "use slipwaytest.Services or Deployments", "k.DB"} {
			if !strings.Contains(said, want) {
				t.Errorf("the kit said %q, want %q in it", said, want)
			}
		}
	}
}

type word struct {
	Text string `json:"text" maxLength:"100"`
}

type tellInput struct{ Body word }

var (
	left  = api.Module("left")
	right = api.Module("right")
	tell  = api.POST[tellInput, api.Empty](left, "/told", auth.Need(auth.Perm("left:tell", "Tell the left hand")), "Tell the left hand")
	know  = api.GET[api.Empty, word](right, "/known", auth.Need(auth.Perm("right:know", "Ask the right hand")), "Ask the right hand")

	// told is the mistake: memory that one binary has and services have not.
	told atomic.Pointer[string]
)

func leftHand() slipway.Module {
	return slipway.NewModule(left, func(m *slipway.Setup, _ struct{}) error {
		api.Handle(m, tell, func(_ context.Context, in tellInput) (api.Empty, error) {
			told.Store(&in.Body.Text)
			return api.Empty{}, nil
		})
		return nil
	})
}

func rightHand() slipway.Module {
	return slipway.NewModule(right, func(m *slipway.Setup, _ struct{}) error {
		api.Handle(m, know, func(context.Context, api.Empty) (word, error) {
			if text := told.Load(); text != nil {
				return word{*text}, nil
			}
			return word{}, nil
		})
		return nil
	})
}
