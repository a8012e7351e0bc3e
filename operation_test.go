package slipway_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/config"
)

// A well is a module with a command that counts what it has given.
type wellConfig struct {
	Depth int `env:"DEPTH" envDefault:"7" doc:"How deep it is."`
}

type wellReport struct {
	Given int      `json:"given"`
	Depth int      `json:"depth"`
	Args  []string `json:"args"`
}

func (r wellReport) Tables() []slipway.Table {
	return []slipway.Table{{Header: []string{"ARGUMENT"}, Rows: [][]string{r.Args}}}
}

func wells() []*cobra.Command {
	buckets := &cobra.Command{Use: "buckets", Short: "What it has given"}
	buckets.AddCommand(&cobra.Command{
		Use: "count <unit>", Short: "Count them", Args: slipway.Arguments("unit"),
		RunE: slipway.Operate(func(ctx context.Context, o *slipway.Operation, cfg wellConfig) (slipway.Report, error) {
			if o.Args[0] == "tons" {
				return nil, errors.New("nobody counts in tons")
			}
			db, err := o.DB(ctx)
			if err != nil {
				return nil, err
			}
			r := wellReport{Depth: cfg.Depth, Args: o.Args}
			return r, db.QueryRow(ctx, `SELECT count(*) FROM buckets`).Scan(&r.Given)
		}),
	})
	return []*cobra.Command{buckets}
}

func wellCommand(t *testing.T, settings map[string]string, line string) (string, error) {
	t.Helper()
	well := slipway.NewModule(api.Module("well"), func(*slipway.Setup, wellConfig) error { return nil }, table("buckets"), slipway.Commands(wells))
	settings["SLIPWAY_ENV"] = "test"
	src := config.New(settings)
	var out bytes.Buffer
	err := slipway.Command(t.Context(), src, &out, []slipway.Module{well}, strings.Fields(line)...)
	return out.String(), err
}

func TestCommands_RefuseAndSayWhatToDo(t *testing.T) {
	t.Parallel()
	url := newDatabase(t)
	for line, want := range map[string]string{
		"well buckets count":              "well buckets count <unit>",
		"well buckets count litres more":  "expected 1",
		"well buckets pour":               "unknown command",
		"well bucket":                     "unknown command",
		"well buckets count tons":         "nobody counts in tons",
		"well buckets count litres":       "start the product once",
		"well buckets count litres --dry": "--help lists the flags",
	} {
		if _, err := wellCommand(t, map[string]string{"DATABASE_URL": url}, line); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want an error with %q", line, err, want)
		}
	}
	if _, err := wellCommand(t, map[string]string{"DATABASE_URL": url, "WELL_DEPTH": "deep"}, "well buckets count litres"); err == nil || !strings.Contains(err.Error(), "WELL_DEPTH") {
		t.Errorf("with a wrong setting: %v, want one that names WELL_DEPTH", err)
	}
	outside := slipway.Operate(func(context.Context, *slipway.Operation, wellConfig) (slipway.Report, error) {
		return wellReport{}, nil
	})
	stray := &cobra.Command{Use: "stray", RunE: outside}
	stray.SetArgs([]string{})
	stray.SilenceErrors, stray.SilenceUsage = true, true
	if err := stray.ExecuteContext(t.Context()); err == nil || !strings.Contains(err.Error(), "slipway.Commands") {
		t.Errorf("a command of no product: %v", err)
	}
}

func TestCommands_WorkWithTheModulesDatabaseAndSettings(t *testing.T) {
	t.Parallel()
	url := newDatabase(t)
	well := slipway.NewModule(api.Module("well"), func(*slipway.Setup, wellConfig) error { return nil }, table("buckets"))
	app, err := slipway.New(config.New(map[string]string{"SLIPWAY_ENV": "test", "DATABASE_URL": url, "SSO_ISSUER": "https://sso.test"}), well)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(app.Start(t.Context()), app.Close()); err != nil {
		t.Fatal(err)
	}
	settings := map[string]string{"DATABASE_URL": url, "WELL_DEPTH": "9"}
	if got, err := wellCommand(t, settings, "well buckets count litres"); err != nil || got != "ARGUMENT\nlitres\n" {
		t.Errorf("it prints %q, %v", got, err)
	}
	got, err := wellCommand(t, settings, "well buckets count litres --json")
	if want := "{\n  \"given\": 0,\n  \"depth\": 9,\n  \"args\": [\n    \"litres\"\n  ]\n}\n"; err != nil || got != want {
		t.Errorf("it prints %q, %v, want %q", got, err, want)
	}
	if got, err := wellCommand(t, settings, "well"); err != nil || !strings.Contains(got, "buckets") {
		t.Errorf("the module's own command prints %q, %v, want its commands", got, err)
	}
}

func TestCommands_OfAModuleThatIsCalledLikeACommandOfTheKit(t *testing.T) {
	t.Parallel()
	help, err := wellCommand(t, map[string]string{}, "help")
	if err != nil {
		t.Fatal(err)
	}
	_, list, _ := strings.Cut(help, "Available Commands:")
	list, _, _ = strings.Cut(list, "Flags:")
	seen := 0
	for line := range strings.Lines(list) {
		name, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		if name == "" || name == "well" || strings.Contains(name, "-") { // no module can be called like the last
			continue
		}
		seen++
		m := slipway.NewModule(api.Module(name), func(*slipway.Setup, wellConfig) error { return nil }, table("buckets"), slipway.Commands(wells))
		if _, err := slipway.New(config.New(map[string]string{"SLIPWAY_ENV": "test", "SSO_ISSUER": "https://sso.test"}), m); err == nil || !strings.Contains(err.Error(), "brings commands") {
			t.Errorf("module %s: %v, want an error that says why", name, err)
		}
	}
	if seen < 8 {
		t.Errorf("%d commands of the kit are in\n%s", seen, help)
	}
}

func TestCommands_OfADatabaseThatIsAwaySayItOnce(t *testing.T) {
	t.Parallel()
	_, err := wellCommand(t, map[string]string{"DATABASE_URL": "postgres://nobody@127.0.0.1:1/none"}, "well buckets count litres")
	if err == nil || !strings.HasPrefix(err.Error(), "the database of module well cannot be reached") || strings.Count(err.Error(), "127.0.0.1:1") != 1 {
		t.Errorf("it says %v, want one sentence with the cause once", err)
	}
}

func TestCommands_MakeNoDatabase(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "elsewhere")
	_, err := wellCommand(t, map[string]string{"SLIPWAY_DATA_DIR": dir}, "well buckets count litres")
	if err == nil || !strings.Contains(err.Error(), "start the product here first") {
		t.Errorf("it says %v, want what to do", err)
	}
	if _, err := os.Lstat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the command made %s", dir)
	}
}
