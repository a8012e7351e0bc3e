package config_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/slipway-go/slipway/config"
)

// However a password is written, an address that is refused keeps it to itself.
func TestLoad_NeverRepeatsAPassword(t *testing.T) {
	t.Parallel()
	type port struct {
		Port int `env:"PORT"`
	}
	rapid.Check(t, func(t *rapid.T) {
		password := "hunter2" + rapid.StringMatching(`[ -~]{0,20}`).Draw(t, "password") + "hunter2"
		address := rapid.SampledFrom([]string{
			"postgres://user:%s@host/db", "amqp://%s@host", "https://:%s@host:1/?a=b", "user:%s@host", "https://host/?token=%.7s",
		}).Draw(t, "address")
		_, err := load[port](map[string]string{"PORT": fmt.Sprintf(address, password)})
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Fatalf("got %v, want an error without the password", err)
		}
	})
}

// Whatever is set, the answer is settings or a list of problems, one to a line.
func FuzzLoad(f *testing.F) {
	f.Add("RETRIES", "1e3")
	f.Add("PUBLIC", "http://[::1")
	f.Add("PEERS", ",,http://a b,")
	f.Add("PRICES", ":,:")
	f.Add("ZONE", "../../etc/passwd")
	f.Add("TIMEOUT", "9999999999h")
	f.Add("KEYS", "a:b:c")
	f.Fuzz(func(t *testing.T, name, value string) {
		_, err := load[everything](map[string]string{name: value})
		if err == nil {
			return
		}
		problems, ok := errors.AsType[config.Errors](err)
		if !ok || len(problems) != 1 || strings.Count(err.Error(), "\n") != 1 || len(err.Error()) > 1000 {
			t.Fatalf("got %v, want one problem on one short line", err)
		}
	})
}

// A file .env is either read or refused with the number of a line that it has.
func FuzzDotenv(f *testing.F) {
	f.Add("A=1\nB='x\n")
	f.Add("A=\"\\\"\n\"\r\n=\n")
	f.Add("export A: ${B} # x\n\xff=1")
	f.Fuzz(func(t *testing.T, text string) {
		dir := dotenv(t, text)
		src, err := config.FromEnvironment(dir)
		if err == nil {
			_ = src.Environment()
			return
		}
		_, rest, ok := strings.Cut(err.Error(), ".env:")
		var line int
		if _, scanErr := fmt.Sscanf(rest, "%d:", &line); ok && (scanErr != nil || line < 1 || line > strings.Count(text, "\n")+1) {
			t.Fatalf("got %v for %q", err, text)
		}
	})
}
