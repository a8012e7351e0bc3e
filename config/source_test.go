package config_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipway-go/slipway/config"
)

func dotenv(t *testing.T, text string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, ".env"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestFromEnvironment(t *testing.T) {
	t.Run("says which line of .env is wrong and does not repeat it", func(t *testing.T) {
		_, err := config.FromEnvironment(dotenv(t, "GOOD=1\nhunter2 is my password\n"))
		if got := fmt.Sprint(err); !strings.Contains(got, ".env, line 2") || strings.Contains(got, "hunter2") {
			t.Errorf("FromEnvironment() = %s", got)
		}
	})

	t.Run("refuses an unknown environment", func(t *testing.T) {
		t.Setenv("SLIPWAY_ENV", "prod")
		_, err := config.FromEnvironment(t.TempDir())
		if got, want := fmt.Sprint(err), `SLIPWAY_ENV is "prod"; expected development, test or production`; !strings.Contains(got, want) {
			t.Errorf("FromEnvironment() = %s, want %s", got, want)
		}
	})

	t.Run("lets the environment win over .env", func(t *testing.T) {
		t.Setenv("CONFIG_TEST_A", "environment")
		src, err := config.FromEnvironment(dotenv(t, "CONFIG_TEST_A=file\nCONFIG_TEST_B=\"file b\"\n"))
		if err != nil {
			t.Fatal(err)
		}
		a, _ := src.Lookup("CONFIG_TEST_A")
		b, _ := src.Lookup("CONFIG_TEST_B")
		if a != "environment" || b != "file b" {
			t.Errorf("a = %q, b = %q", a, b)
		}
	})

	t.Run("reads no .env in production", func(t *testing.T) {
		t.Setenv("SLIPWAY_ENV", "production")
		src, err := config.FromEnvironment(dotenv(t, "CONFIG_TEST_B=file\n"))
		if err != nil {
			t.Fatal(err)
		}
		if b, ok := src.Lookup("CONFIG_TEST_B"); ok {
			t.Errorf("CONFIG_TEST_B = %q, want it unset", b)
		}
	})
}
