package config_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipway-go/slipway/config"
)

func TestFromEnvironment_MalformedFile(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text string
		line int
	}{
		"Words":           {"GOOD=1\nhunter2 is my password\n", 2},
		"LoneWord":        {"GOOD=1\n\n# a comment\nhunter2", 4},
		"WordAfterWord":   {"GOOD=1\nhunter2 GOOD=2\n", 2},
		"NoName":          {"GOOD=1\n=hunter2\n", 2},
		"Digit":           {"1BAD=hunter2\n", 1},
		"OpenQuote":       {"GOOD=1\nKEY=\"hunter2\nMORE=2\nLAST=3\n", 2},
		"OpenSingleQuote": {"GOOD=1\nKEY='hunter2", 2},
		"AfterManyLines":  {"KEY=\"a\nb\nc\"\nGOOD=1\nhunter2\nLAST=2\n", 5},
		"FirstOfTwo":      {"GOOD=1\nhunter2 is\nGOOD=2\nhunter2 was\n", 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := dotenv(t, c.text)
			_, err := config.FromEnvironment(dir)
			want := fmt.Sprintf("read settings: %s:%d: expected NAME=value; put a value with spaces or special characters in quotes, and close them",
				filepath.Join(dir, ".env"), c.line)
			if got := fmt.Sprint(err); got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

func TestFromEnvironment_Unreadable(t *testing.T) {
	t.Parallel()
	t.Run("TooLarge", func(t *testing.T) {
		t.Parallel()
		_, err := config.FromEnvironment(dotenv(t, strings.Repeat("A=1\n", 20_000)))
		if err == nil || !strings.Contains(err.Error(), "larger than 64 KiB") {
			t.Errorf("got %v, want it to name the limit", err)
		}
	})
	t.Run("Folder", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		if err := os.Mkdir(filepath.Join(dir, ".env"), 0o700); err != nil {
			t.Fatal(err)
		}
		if _, err := config.FromEnvironment(dir); err == nil || !strings.Contains(err.Error(), ".env") {
			t.Errorf("got %v, want it to name the file", err)
		}
	})
	t.Run("Missing", func(t *testing.T) {
		t.Parallel()
		if _, err := config.FromEnvironment(filepath.Join(t.TempDir(), "nowhere")); err != nil {
			t.Errorf("got %v, want none: the file may be missing", err)
		}
	})
}

func TestFromEnvironment_ReadsTheFile(t *testing.T) {
	t.Parallel()
	src, err := config.FromEnvironment(dotenv(t, "\uFEFF# how we work\r\nexport CONFIG_TEST_A = plain # a remark\r\nCONFIG_TEST_B=\"two\nlines\"\n"+
		"CONFIG_TEST_C='$1 pa$$ # word'\nCONFIG_TEST_D=${CONFIG_TEST_A}/d\nCONFIG_TEST_E=\n"))
	if err != nil {
		t.Fatal(err)
	}
	wantValue(t, src, "CONFIG_TEST_A", "plain", true)
	wantValue(t, src, "CONFIG_TEST_B", "two\nlines", true)
	wantValue(t, src, "CONFIG_TEST_C", "$1 pa$$ # word", true)
	wantValue(t, src, "CONFIG_TEST_D", "plain/d", true)
	wantValue(t, src, "CONFIG_TEST_E", "", false)
	if got, ok := os.LookupEnv("CONFIG_TEST_A"); ok {
		t.Errorf("the process's environment has CONFIG_TEST_A=%s, want it unchanged", got)
	}
}

func TestFromEnvironment_ProcessWins(t *testing.T) {
	t.Setenv("CONFIG_TEST_A", "process")
	t.Setenv("CONFIG_TEST_B", "")
	src, err := config.FromEnvironment(dotenv(t, "CONFIG_TEST_A=file\nCONFIG_TEST_B=file\nCONFIG_TEST_C=file\n"))
	if err != nil {
		t.Fatal(err)
	}
	wantValue(t, src, "CONFIG_TEST_A", "process", true)
	wantValue(t, src, "CONFIG_TEST_B", "", false)
	wantValue(t, src, "CONFIG_TEST_C", "file", true)
}

func TestFromEnvironment_Production(t *testing.T) {
	t.Setenv("SLIPWAY_ENV", "production")
	src, err := config.FromEnvironment(dotenv(t, "CONFIG_TEST_A=file\nthis is not even read\n"))
	if err != nil {
		t.Fatal(err)
	}
	wantValue(t, src, "CONFIG_TEST_A", "", false)
	if got := src.Environment(); got != config.Production {
		t.Errorf("got %s, want production", got)
	}
}

func TestFromEnvironment_UnknownEnvironment(t *testing.T) {
	t.Setenv("SLIPWAY_ENV", "prod")
	_, err := config.FromEnvironment(t.TempDir())
	if got, want := fmt.Sprint(err), `SLIPWAY_ENV is "prod"; expected development, test or production (did you mean production?)`; !strings.HasSuffix(got, want) {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestFromEnvironment_EnvironmentOfTheFile(t *testing.T) {
	t.Setenv("SLIPWAY_ENV", "") // as good as unset, but the name would win over the file
	if err := os.Unsetenv("SLIPWAY_ENV"); err != nil {
		t.Fatal(err)
	}
	for given, want := range map[string]string{
		"test":       "",
		"production": `SLIPWAY_ENV is "production"; expected development or test in the file .env (set production in the environment of the process, which then reads no file)`,
		"staging":    `SLIPWAY_ENV is "staging"; expected development, test or production`,
	} {
		src, err := config.FromEnvironment(dotenv(t, "SLIPWAY_ENV="+given))
		switch {
		case want == "" && (err != nil || src.Environment() != config.Test):
			t.Errorf("%s: got %v, want test", given, err)
		case want != "" && !strings.HasSuffix(fmt.Sprint(err), want):
			t.Errorf("%s: got %v, want %s", given, err, want)
		}
	}
}

func dotenv(t *testing.T, text string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, ".env"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}
