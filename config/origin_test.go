package config_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/slipway-go/slipway/config"
)

type inspected struct {
	Timeout string        `env:"TIMEOUT" envDefault:"10s"`
	Key     config.Secret `env:"KEY"`
	Seal    config.Secret `env:"SEAL" envDefault:"known to all" production:"required"`
	Address string        `env:"ADDRESS"`
	Name    string        `env:"NAME"`
}

func TestSettings(t *testing.T) {
	t.Setenv("CONFIG_TEST_KEY", "canary")
	t.Setenv("CONFIG_TEST_NAME", "")
	src, err := config.FromEnvironment(dotenv(t, "CONFIG_TEST_ADDRESS='postgres://ada:canary@host/db?password=canary'\nCONFIG_TEST_KEY=canary\nCONFIG_TEST_NAME=x\n"))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range config.Settings(src, config.Describe[inspected]("CONFIG_TEST_")...) {
		got = append(got, fmt.Sprintf("%s=%s (%s)", s.Name, s.Value, s.Origin))
	}
	want := `CONFIG_TEST_TIMEOUT=10s (default)
CONFIG_TEST_KEY=[redacted] (environment)
CONFIG_TEST_SEAL=[redacted] (default)
CONFIG_TEST_ADDRESS=postgres://[redacted]@host/db?password=[redacted] (.env)
CONFIG_TEST_NAME= (unset)`
	if strings.Join(got, "\n") != want {
		t.Errorf("got:\n%s\nwant:\n%s", strings.Join(got, "\n"), want)
	}
}

func TestSettings_OfEntries(t *testing.T) {
	t.Parallel()
	of := func(values map[string]string) string {
		var got []string
		for _, s := range config.Settings(config.New(values), config.Describe[withProviders]("")...) {
			got = append(got, s.Name+"="+s.Value)
		}
		return strings.Join(got, " ")
	}
	if got, want := of(nil), "PROVIDERS="; got != want {
		t.Errorf("got %s, want %s: an entry that nobody has listed is none", got, want)
	}
	got := of(map[string]string{"PROVIDERS": "google", "PROVIDER_GOOGLE_SECRET": "canarycanary", "PROVIDER_GOOGLE_ISSUER": "https://google.example"})
	if want := "PROVIDERS=google PROVIDER_GOOGLE_ISSUER=https://google.example PROVIDER_GOOGLE_SECRET=[redacted] PROVIDER_GOOGLE_SCOPES=openid,email"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestSource_With_ForgetsWhereAValueCameFrom(t *testing.T) {
	t.Parallel()
	src, err := config.FromEnvironment(dotenv(t, "CONFIG_TEST_ADDRESS=a\nCONFIG_TEST_TIMEOUT=1s\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range config.Settings(src.With(map[string]string{"CONFIG_TEST_ADDRESS": "b"}), config.Describe[inspected]("CONFIG_TEST_")...) {
		want := map[string]config.Origin{"CONFIG_TEST_ADDRESS": config.FromProcess, "CONFIG_TEST_TIMEOUT": config.FromFile}[s.Name]
		if want != "" && s.Origin != want {
			t.Errorf("%s comes from %s, want %s", s.Name, s.Origin, want)
		}
	}
}
