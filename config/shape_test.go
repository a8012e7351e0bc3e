package config_test

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/slipway-go/slipway/config"
)

// A mistake in the struct is told to whoever wrote it, and never as a setting's.
func TestLoad_Defects(t *testing.T) {
	t.Parallel()
	type inner struct {
		Host string `env:"HOST"`
	}
	for want, load := range map[string]func() error{
		`T.port has an env tag but is not exported`: defects[struct {
			port int `env:"PORT"`
		}],
		`T.Port has the env option "file"; the one there is, is required`: defects[struct {
			Port int `env:"PORT,file"`
		}],
		`T.Port reads port; a variable is written in capitals, digits and underscores`: defects[struct {
			Port int `env:"port"`
		}],
		`T.Key has production:"requierd"; it can only be required`: defects[struct {
			Key config.Secret `env:"KEY" production:"requierd"`
		}],
		`T.Done is a chan int, which no text can be read into`: defects[struct {
			Done chan int `env:"DONE"`
		}],
		`T.Inner is a []config_test.inner, which no text can be read into`: defects[struct {
			Inner []inner `env:"INNER"`
		}],
		`T.Names is a *[]string, which no text can be read into`: defects[struct {
			Names *[]string `env:"NAMES"`
		}],
		`T.Calls is a map[string]config.Neighbour, which no text can be read into`: defects[struct {
			Calls map[string]config.Neighbour `env:"CALLS"`
		}],
		`T.Inner is a *config_test.inner, whose settings are not read: make it a struct`: defects[struct{ Inner *inner }],
		`T.Retries has the bounds min:"few" max:"", which do not fit a int`: defects[struct {
			Retries int `env:"RETRIES" min:"few"`
		}],
		`T.Timeout has the bounds min:"" max:"10", which do not fit a time.Duration`: defects[struct {
			Timeout time.Duration `env:"TIMEOUT" max:"10"`
		}],
		`T.URL has the bounds min:"1" max:"", which do not fit a url.URL`: defects[struct {
			URL *url.URL `env:"URL" min:"1"`
		}],
		`T.Timeout has the default "ten", but TIMEOUT takes a duration such as 500ms, 10s or 2h`: defects[struct {
			Timeout time.Duration `env:"TIMEOUT" envDefault:"ten"`
		}],
		`T.Retries has the default "9", but RETRIES takes a whole number of up to 5`: defects[struct {
			Retries int `env:"RETRIES" max:"5" envDefault:"9"`
		}],
		`T.Key has a default that everybody can read; keep it out of production with the tag production:"required"`: defects[struct {
			Key config.Secret `env:"KEY" envDefault:"hunter2"`
		}],
		`string is no struct, so it cannot hold settings`:             defects[string],
		`*config_test.inner is no struct, so it cannot hold settings`: defects[*inner],
	} {
		err := load()
		if got := strings.Replace(fmt.Sprint(err), "config: .", "config: T.", 1); got != "config: "+want {
			t.Errorf("got  %v\nwant config: %s", got, want)
		}
		if _, ok := errors.AsType[config.Errors](err); ok {
			t.Errorf("%v: got Errors, want another error", err)
		}
	}
}

func defects[T any]() error {
	_, err := config.Load[T](config.New(nil), "")
	return err
}

type embedded struct {
	Host string `env:"HOST"`
}

func (e embedded) Validate() []config.Problem {
	if e.Host == "evil" {
		return []config.Problem{{Variable: "HOST", Given: e.Host, Expected: "a good one"}}
	}
	return nil
}

func TestLoad_AsksAnEmbeddedStructOnce(t *testing.T) {
	t.Parallel()
	type outer struct {
		embedded
		Port int `env:"PORT"`
	}
	cfg, err := config.Load[outer](config.New(map[string]string{"A_HOST": "evil", "A_PORT": "1"}), "A_")
	if problems, ok := errors.AsType[config.Errors](err); !ok || len(problems) != 1 || problems[0].Variable != "A_HOST" {
		t.Errorf("Load() = %v, want one problem of A_HOST", err)
	}
	if cfg.Host != "evil" || cfg.Port != 1 {
		t.Errorf("Load() = %+v, want what could be read", cfg)
	}
}
