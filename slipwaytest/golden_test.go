package slipwaytest_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/auth/authtest"
	"github.com/slipway-go/slipway/examples/tutorial/greet"
	"github.com/slipway-go/slipway/examples/tutorial/greet/greetapi"
	"github.com/slipway-go/slipway/slipwaytest"
)

var (
	menuModule = api.Module("menu")
	readDish   = api.GET[api.Empty, dish](menuModule, "/dish", auth.SignedIn(), "Read the dish of the day")
)

type dish struct {
	Name string `json:"name"`
	Chef string `json:"chef,omitempty"`
}

func menu(today dish) slipway.Module {
	return slipway.NewModule(menuModule, func(m *slipway.Setup, _ struct{}) error {
		api.Handle(m, readDish, func(context.Context, api.Empty) (dish, error) { return today, nil })
		return nil
	})
}

// plantedVariable holds the chef of the day in a process of a test's own.
const plantedVariable = "SLIPWAYTEST_PLANTED"

func TestGolden_planted(t *testing.T) {
	chef, planted := os.LookupEnv(plantedVariable)
	if !planted {
		t.Skip("for TestGolden, which starts it in a process of its own")
	}
	k := slipwaytest.Tx(t, menu(dish{Name: "soup", Chef: chef})).User("guest")
	slipwaytest.Do(k, readDish, api.Empty{}).Want(200).Golden()
}

// planted runs TestGolden_planted in dir.
func planted(t *testing.T, dir, chef string, env ...string) (said string, ok bool) {
	t.Helper()
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), executable, "-test.run=^TestGolden_planted$")
	cmd.Dir = dir
	cmd.Env = slices.Concat(os.Environ(), []string{"CI=", "SLIPWAY_UPDATE=", plantedVariable + "=" + chef}, env)
	out, err := cmd.CombinedOutput()
	if _, failed := errors.AsType[*exec.ExitError](err); err != nil && !failed {
		t.Fatal(err)
	}
	return string(out), err == nil
}

func TestGolden(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join("testdata", "golden", "TestGolden_planted.txt")
	for _, step := range []struct {
		name, chef string
		env        []string
		want       []string // that is said; nothing of a step that passes
	}{
		{"fails without a file", "", nil, []string{file + " is missing", "SLIPWAY_UPDATE=1 go test", "-run '^TestGolden_planted$'"}},
		{"does not write in CI", "", []string{"SLIPWAY_UPDATE=1", "CI=1"}, []string{"golden files are compared in CI, not written"}},
		{"has written nothing so far", "", nil, []string{file + " is missing"}},
		{"writes", "", []string{"SLIPWAY_UPDATE=1"}, nil},
		{"passes", "", nil, nil},
		{"fails for a field more", "anna", nil, []string{"differs from the golden file " + file, `+   "chef": "anna"`}},
		{"writes anew", "anna", []string{"SLIPWAY_UPDATE=1"}, nil},
		{"fails for a field less", "", nil, []string{`-   "chef": "anna"`}},
	} {
		said, ok := planted(t, dir, step.chef, step.env...)
		if ok != (step.want == nil) {
			t.Errorf("%s: passed %v\n%s", step.name, ok, said)
		}
		for _, want := range step.want {
			if !strings.Contains(said, want) {
				t.Errorf("%s: want %q in\n%s", step.name, want, said)
			}
		}
	}
}

// TestGolden_caller: the files say whether it passes.
func TestGolden_caller(t *testing.T) {
	t.Parallel()
	k := slipwaytest.Tx(t, greet.New())
	token := k.As("customer").Token()
	for name, caller := range map[string]*slipwaytest.Kit{
		"anonymous":            k,
		"in a role":            k.As("customer"),
		"in no role":           k.As(),
		"with permissions":     k.User("anna", "greet:read", "notes:read"),
		"without permissions":  k.User("anna"),
		"service":              k.Service("notes", "greet", "greet:read"),
		"user through service": k.Claims(authtest.User("anna", "greet:read").Through("notes").For("greet")),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			slipwaytest.Do(caller.In(t), greetapi.Hello, greetapi.HelloInput{Name: "ben"}).Golden()
		})
	}

	t.Run("by an Authorization of the test's own", func(t *testing.T) {
		t.Parallel()
		own := func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) }
		k.In(t).JSON("GET", "/greetings/ben?mood=good", "", own).Golden()
		k.In(t).JSON("GET", "/greetings/ben", "", own).Want(200).Golden()
	})
}

func TestGolden_inDeployments(t *testing.T) {
	t.Parallel()
	slipwaytest.Deployments(t, []slipway.Module{greet.New()}, func(t *testing.T, k *slipwaytest.Kit) {
		slipwaytest.Do(k, greetapi.Hello, greetapi.HelloInput{Name: "ben"}).Want(401).Golden()
		t.Run("subtest", func(t *testing.T) {
			slipwaytest.Do(k.As("customer").In(t), greetapi.Hello, greetapi.HelloInput{Name: "ben"}).Want(200).Golden()
		})
	})
}
