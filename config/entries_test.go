package config_test

import (
	"strings"
	"testing"

	"github.com/slipway-go/slipway/config"
)

type withProviders struct {
	Providers map[string]provider `env:"PROVIDERS" envPrefix:"PROVIDER_" doc:"Who else logs people in."`
}

type provider struct {
	Issuer string        `env:"ISSUER,required" doc:"Its address."`
	Secret config.Secret `env:"SECRET" min:"8" doc:"Ours with it."`
	Scopes []string      `env:"SCOPES" envDefault:"openid,email" doc:"What is asked for."`
}

func (p provider) Validate() []config.Problem {
	if p.Issuer == "evil" {
		return []config.Problem{{Variable: "ISSUER", Given: p.Issuer, Expected: "a good one"}}
	}
	return nil
}

func TestLoad_NamedStructs(t *testing.T) {
	t.Parallel()
	t.Run("are none without names", func(t *testing.T) {
		t.Parallel()
		got, err := load[withProviders](map[string]string{"PROVIDER_GOOGLE_ISSUER": "https://google.example"})
		if err != nil || len(got.Providers) != 0 {
			t.Errorf("got %v, %v", got, err)
		}
	})
	t.Run("are read by their names", func(t *testing.T) {
		t.Parallel()
		got, err := load[withProviders](map[string]string{
			"PROVIDERS": "google, corp2", "PROVIDER_GOOGLE_ISSUER": "https://google.example", "PROVIDER_GOOGLE_SECRET": "longlong",
			"PROVIDER_CORP2_ISSUER": "https://corp.example", "PROVIDER_CORP2_SCOPES": "openid",
		})
		if err != nil {
			t.Fatal(err)
		}
		google, corp := got.Providers["google"], got.Providers["corp2"]
		if len(got.Providers) != 2 || google.Secret.Reveal() != "longlong" || strings.Join(google.Scopes, " ") != "openid email" || corp.Issuer != "https://corp.example" || len(corp.Scopes) != 1 {
			t.Errorf("got %+v", got)
		}
	})
	for name, c := range map[string]struct {
		values map[string]string
		want   string
	}{
		"lack what they must have":       {map[string]string{"PROVIDERS": "google"}, "PROVIDER_GOOGLE_ISSUER is not set"},
		"have names that fit a variable": {map[string]string{"PROVIDERS": "Google"}, `PROVIDERS is "Google"; expected a list separated by commas, each a name in lower-case letters and digits, such as google`},
		"keep their secrets":             {map[string]string{"PROVIDERS": "a", "PROVIDER_A_ISSUER": "x", "PROVIDER_A_SECRET": "short"}, "PROVIDER_A_SECRET is [redacted]"},
		"are validated":                  {map[string]string{"PROVIDERS": "a,b", "PROVIDER_A_ISSUER": "x", "PROVIDER_B_ISSUER": "evil"}, `PROVIDER_B_ISSUER is "evil"; expected a good one`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := load[withProviders](c.values); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

func TestLoad_NamedStructsThatAreWrong(t *testing.T) {
	t.Parallel()
	_, err := load[struct {
		Providers map[string]provider `env:"PROVIDERS"`
	}](nil)
	if err == nil || !strings.Contains(err.Error(), "needs two tags") {
		t.Errorf("got %v, want a word on the tag that is missing", err)
	}
	type calling struct {
		Quotes config.Neighbour `env:"QUOTES"`
	}
	_, err = load[struct {
		Shops map[string]calling `env:"SHOPS" envPrefix:"SHOP_"`
	}](nil)
	if err == nil || !strings.Contains(err.Error(), "nobody sees it") {
		t.Errorf("got %v, want a word on the neighbour that nobody sees", err)
	}
}

func TestUnknown_KnowsNamedStructs(t *testing.T) {
	t.Parallel()
	src := config.New(map[string]string{"SSO_PROVIDERS": "google, corp", "SSO_PROVIDER_GOOGLE_ISSUER": "x", "SSO_PROVIDER_CORP_SCOPES": "x", "SSO_PROVIDER_GOGLE_SECRET": "x"})
	got := config.Unknown(src, config.Describe[withProviders]("SSO_"), []string{"SSO_"})
	if len(got) != 1 || got[0].Variable != "SSO_PROVIDER_GOGLE_SECRET" || !strings.Contains(got[0].Fix, "SSO_PROVIDER_GOOGLE_SECRET") {
		t.Errorf("got %v, want the misspelt one", got)
	}
}

func TestDescribe_NamedStructs(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	if err := config.WriteReference(&b, config.Section{Title: "SSO", Variables: config.Describe[withProviders]("SSO_")}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"| `SSO_PROVIDERS` |", "| `SSO_PROVIDER_<NAME>_ISSUER` |", "**must be set**", "| `openid,email` |"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the page lacks %s:\n%s", want, &b)
		}
	}
}
