package config_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/slipway-go/slipway/config"
)

type settings struct {
	Timeout time.Duration    `env:"TIMEOUT" envDefault:"10s" doc:"Bounds one attempt."`
	Retries int              `env:"RETRIES" envDefault:"2"`
	Names   []string         `env:"NAMES"`
	Key     config.Secret    `env:"KEY" production:"required"`
	Quotes  config.Neighbour `env:"QUOTES" envDefault:"catalog"`
	Mail    struct {
		Host string `env:"HOST"`
	} `envPrefix:"MAIL_"`
}

func (s settings) Validate() []config.Problem {
	if s.Retries > 5 {
		return []config.Problem{{Variable: "RETRIES", Given: fmt.Sprint(s.Retries), Expected: "at most 5"}}
	}
	return nil
}

func load(values map[string]string) (settings, error) {
	return config.Load[settings](config.New(values), "CART_")
}

func TestLoad(t *testing.T) {
	t.Parallel()

	t.Run("reports every mistake at once", func(t *testing.T) {
		t.Parallel()
		_, err := load(map[string]string{"CART_TIMEOUT": "soon", "CART_RETRIES": "many", "CART_QUOTES": "The Catalog"})
		problems, ok := errors.AsType[config.Errors](err)
		if !ok || len(problems) != 3 {
			t.Fatalf("Load() = %v, want three problems", err)
		}
		for _, want := range []string{`CART_TIMEOUT is "soon"; expected a duration`, `CART_RETRIES is "many"; expected a whole number`, `CART_QUOTES is "The Catalog"; expected the name of a module`} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("Load() = %v, want it to say %q", err, want)
			}
		}
	})

	t.Run("names the variable when the struct itself objects", func(t *testing.T) {
		t.Parallel()
		_, err := load(map[string]string{"CART_RETRIES": "9"})
		if got, want := fmt.Sprint(err), `CART_RETRIES is "9"; expected at most 5`; !strings.Contains(got, want) {
			t.Errorf("Load() = %s, want %s", got, want)
		}
	})

	t.Run("asks in production for what has no default there", func(t *testing.T) {
		t.Parallel()
		_, err := load(map[string]string{"SLIPWAY_ENV": "production"})
		if got, want := fmt.Sprint(err), "CART_KEY is not set; expected a secret"; !strings.Contains(got, want) {
			t.Errorf("Load() = %s, want %s", got, want)
		}
	})

	t.Run("never repeats a password in an address", func(t *testing.T) {
		t.Parallel()
		type db struct {
			Port int `env:"PORT"`
		}
		_, err := config.Load[db](config.New(map[string]string{"PORT": "postgres://user:hunter2@host/db"}), "")
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("Load() = %v, want an error without the password", err)
		}
	})

	t.Run("takes defaults, drops white space, reads nested structs", func(t *testing.T) {
		t.Parallel()
		got, err := load(map[string]string{"CART_TIMEOUT": "  ", "CART_RETRIES": " 3\n", "CART_NAMES": "a,b", "CART_MAIL_HOST": "mail"})
		if err != nil {
			t.Fatal(err)
		}
		if got.Timeout != 10*time.Second || got.Retries != 3 || len(got.Names) != 2 || got.Mail.Host != "mail" || got.Quotes != "catalog" {
			t.Errorf("Load() = %+v", got)
		}
	})
}

func TestNeighbours(t *testing.T) {
	t.Parallel()
	got, err := config.Neighbours[settings](config.New(map[string]string{"SLIPWAY_ENV": "production", "CART_QUOTES": "prices"}), "CART_")
	if err != nil || len(got) != 1 || got[0] != "prices" {
		t.Errorf("Neighbours() = %v, %v; want prices, although a secret is missing", got, err)
	}
}

func TestSecret(t *testing.T) {
	t.Parallel()
	s := config.Secret("hunter2")
	for _, format := range []string{"%v", "%s", "%q", "%+v", "%#v", "%x", "%d"} {
		if got := fmt.Sprintf(format, s); strings.Contains(got, "hunter2") || strings.Contains(got, fmt.Sprintf("%x", "hunter2")) {
			t.Errorf("Sprintf(%q) = %s", format, got)
		}
	}
}

func ExampleLoad() {
	type Config struct {
		Timeout time.Duration `env:"TIMEOUT" envDefault:"10s" doc:"Bounds one attempt."`
	}
	_, err := config.Load[Config](config.New(map[string]string{"CART_TIMEOUT": "ten"}), "CART_")
	fmt.Println(err)
	// Output:
	// the settings cannot be used:
	//   CART_TIMEOUT is "ten"; expected a duration such as 500ms, 10s or 2m (Bounds one attempt)
}
