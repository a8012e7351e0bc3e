package config_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/slipway-go/slipway/config"
)

func TestDescribe(t *testing.T) {
	t.Parallel()
	type settings struct {
		Retries int           `env:"RETRIES" envDefault:"2" max:"5" doc:"How often."`
		Key     config.Secret `env:"KEY" production:"required" envDefault:"hunter2"`
		Inner   struct {
			Host string `env:"HOST,required" example:"mail.example"`
		} `envPrefix:"MAIL_"`
		Ignored string `env:"-"`
		Other   string
	}
	want := []config.Variable{
		{Name: "CART_RETRIES", Type: "a whole number of up to 5", Default: "2", Doc: "How often."},
		{Name: "CART_KEY", Type: "a secret", Default: "[redacted]", Secret: true, RequiredInProduction: true},
		{Name: "CART_MAIL_HOST", Type: "text such as mail.example", Required: true, RequiredInProduction: true},
	}
	if got := config.Describe[settings]("CART_"); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestWriteReference(t *testing.T) {
	t.Parallel()
	type settings struct {
		Addr  string        `env:"ADDR,required" doc:"Where to listen."`
		Key   config.Secret `env:"KEY" production:"required" envDefault:"hunter2" doc:"Seals | tokens."`
		URL   config.Secret `env:"URL" production:"required"`
		Sep   string        `env:"SEP" envDefault:"a|b" doc:"<b>bold</b>\n and long"`
		Modes []string      `env:"MODES" oneof:"a,b" envDefault:"a"`
	}
	sections := []config.Section{
		{Title: "Nothing"},
		{Title: "The module", Variables: config.Describe[settings]("CART_")},
		{Title: "Elsewhere", Variables: []config.Variable{{Name: "<MODULE>_URL", Type: "a URL"}}},
	}
	var first, second bytes.Buffer
	if err := errors.Join(config.WriteReference(&first, sections...), config.WriteReference(&second, sections...)); err != nil {
		t.Fatal(err)
	}
	if first.String() != second.String() {
		t.Error("two pages of the same sections differ")
	}
	golden(t, "reference.md", first.Bytes())
}

func TestWriteReference_ReportsTheWriter(t *testing.T) {
	t.Parallel()
	r, w := io.Pipe()
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if err := config.WriteReference(w); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("got %v, want %v", err, io.ErrClosedPipe)
	}
}

// golden compares with a file in testdata, or writes it when SLIPWAY_UPDATE=1.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if os.Getenv("SLIPWAY_UPDATE") == "1" {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; SLIPWAY_UPDATE=1 writes it anew. got\n%s", path, got)
	}
}
