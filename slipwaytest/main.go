package slipwaytest

import (
	"context"
	"flag"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/events/rabbitmq"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/slipwaytest/internal/testdb"
)

// databases are those of this test process, which is a world of its own.
var databases testdb.Process

// process is what Main was told.
var process struct {
	main    bool
	modules []string
}

// needsMain fails a test in a package whose TestMain does not call Main, or not with
// these modules.
func needsMain(t testing.TB, modules ...string) {
	t.Helper()
	if !process.main && testing.Testing() { // a benchmark program has no TestMain
		t.Fatal("the package has no TestMain that calls slipwaytest.Main; add: func TestMain(m *testing.M) { slipwaytest.Main(m) }")
	}
	for _, m := range modules {
		if !slices.Contains(process.modules, m) {
			t.Fatalf("the deployment has the modules %s, and slipwaytest.Main in TestMain was given %q: give it all that the tests deploy, as in slipwaytest.Main(m, greet.New(), notes.New())",
				strings.Join(modules, ", "), strings.Join(process.modules, ", "))
		}
	}
}

// childVariable marks the test binary as a process of a deployment under test,
// and names the modules that are in it.
const childVariable = "SLIPWAY_TEST_PROCESS"

// Main runs a package's tests; call it from TestMain with every module that
// [Deployments] runs. In a process that a deployment starts it serves the
// modules instead. After a run of the whole package it fails for golden files
// that no test used; see [Answer.Golden].
func Main(m *testing.M, modules ...slipway.Module) {
	postgres.Supervise()
	rabbitmq.Supervise()
	process.main, process.modules = true, names(modules)
	outside := watchEgress()
	if names := os.Getenv(childVariable); names != "" {
		os.Args = os.Args[:1]
		ctx := mortal(context.Background(), os.Getenv(deathsVariable))
		forgetTest()
		slipway.MainContext(ctx, slices.DeleteFunc(modules, func(m slipway.Module) bool {
			return !slices.Contains(strings.Split(names, ","), m.Name())
		})...)
		return
	}
	runMoreAtOnce()
	code := goldens.Run(runner(func() int { return queries.run(m) }))
	if err := databases.Close(); err != nil {
		fmt.Fprintf(os.Stderr, "give the test databases back: %v\n", err)
		code = max(code, 1)
	}
	if n := outside.refused.Load(); n > 0 {
		fmt.Fprintf(os.Stderr, "FAIL: requests to the outside: %d, see above\n", n)
		code = max(code, 1)
	}
	os.Exit(code)
}

// runMoreAtOnce lets more parallel tests run than there are processors, unless the
// command line says how many: they wait for a database and for processes longer
// than they compute.
func runMoreAtOnce() {
	const perProcessor = 3
	flag.Parse()
	chosen := false
	flag.Visit(func(f *flag.Flag) { chosen = chosen || f.Name == "test.parallel" })
	if !chosen {
		_ = flag.Set("test.parallel", strconv.Itoa(perProcessor*runtime.GOMAXPROCS(0))) // package testing has the flag
	}
}

// forgetTest takes from the environment of a process of a deployment what is for
// the test that started it.
func forgetTest() {
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		if strings.HasPrefix(name, "SLIPWAY_TEST_") || name == "SLIPWAY_UPDATE" || strings.HasPrefix(name, "SLIPWAY_FUZZ_") {
			_ = os.Unsetenv(name) // a name that is set can be unset
		}
	}
}
