package config_test

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/slipway-go/slipway/config"
)

// everything has a field of every type that a module may use.
type everything struct {
	Docs     bool                     `env:"DOCS"`
	Retries  int                      `env:"RETRIES" min:"0" max:"5" envDefault:"2"`
	Small    int8                     `env:"SMALL"`
	Large    int                      `env:"LARGE"`
	Size     uint                     `env:"SIZE"`
	Port     uint16                   `env:"PORT" min:"1"`
	Ratio    float64                  `env:"RATIO" max:"1"`
	Timeout  time.Duration            `env:"TIMEOUT" envDefault:"10s" doc:"Bounds one attempt."`
	Window   time.Duration            `env:"WINDOW" min:"1s" max:"1h"`
	Skew     time.Duration            `env:"SKEW" min:"-1m"`
	Name     string                   `env:"NAME" max:"5"`
	Addr     string                   `env:"ADDR" envDefault:"127.0.0.1:8080"`
	Tokens   string                   `env:"TOKENS" oneof:"exchange,forward" envDefault:"exchange"`
	Level    slog.Level               `env:"LEVEL" envDefault:"info"`
	Public   *url.URL                 `env:"PUBLIC"`
	Broker   url.URL                  `env:"BROKER" schemes:"amqp,amqps"`
	Zone     *time.Location           `env:"ZONE"`
	Proxy    netip.Addr               `env:"PROXY"`
	Networks []netip.Prefix           `env:"NETWORKS"`
	Peers    []url.URL                `env:"PEERS"`
	Modules  []string                 `env:"MODULES"`
	Days     []int                    `env:"DAYS" min:"1" max:"31"`
	Kinds    []string                 `env:"KINDS" oneof:"a,b" envSeparator:";"`
	Prices   map[string]int           `env:"PRICES"`
	Pauses   []time.Duration          `env:"PAUSES"`
	Key      config.Secret            `env:"KEY" min:"8"`
	Keys     map[string]config.Secret `env:"KEYS"`
	Quotes   config.Neighbour         `env:"QUOTES"`
	Maybe    *int                     `env:"MAYBE"`
	Ignored  chan int                 `env:"-"`
	Mail     struct {
		Host string `env:"HOST"`
	} `envPrefix:"MAIL_"`
}

func TestLoad_ReadsEveryType(t *testing.T) {
	t.Parallel()
	got, err := load[everything](map[string]string{
		"DOCS": "true", "RETRIES": "5", "SMALL": "-128", "LARGE": "3000000000", "SIZE": "4000000000000", "PORT": "8080",
		"RATIO": "0.5", "TIMEOUT": "1m30s", "WINDOW": "1h", "SKEW": "-30s", "NAME": "жжжжж", "ADDR": ":80", "TOKENS": "forward",
		"LEVEL": "DEBUG", "PUBLIC": "https://shop.example/base?x=1", "BROKER": "amqps://user:word@mq:5671/v", "ZONE": "UTC",
		"PROXY": "10.0.0.7", "NETWORKS": "10.0.0.0/8, fd00::/8", "PEERS": "http://a:1,http://b:2", "MODULES": " cart , ,acquiring,", "DAYS": "1,31",
		"KINDS": "a; b", "PRICES": "apple:3, pear:4", "PAUSES": "1s,2s", "KEY": "longlong", "KEYS": "a:one,b:two", "QUOTES": "catalog",
		"MAYBE": "0", "MAIL_HOST": "mail.example",
	})
	if err != nil {
		t.Fatal(err)
	}
	want := everything{
		Docs: true, Retries: 5, Small: -128, Large: 3000000000, Size: 4000000000000, Port: 8080, Ratio: 0.5, Timeout: 90 * time.Second,
		Window: time.Hour, Skew: -30 * time.Second, Name: "жжжжж", Addr: ":80", Tokens: "forward", Level: slog.LevelDebug,
		Public: parseURL(t, "https://shop.example/base?x=1"), Broker: *parseURL(t, "amqps://user:word@mq:5671/v"), Zone: time.UTC,
		Proxy: netip.MustParseAddr("10.0.0.7"), Networks: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")},
		Peers: []url.URL{*parseURL(t, "http://a:1"), *parseURL(t, "http://b:2")}, Modules: []string{"cart", "acquiring"}, Days: []int{1, 31},
		Kinds: []string{"a", "b"}, Prices: map[string]int{"apple": 3, "pear": 4}, Pauses: []time.Duration{time.Second, 2 * time.Second},
		Key: "longlong", Keys: map[string]config.Secret{"a": "one", "b": "two"}, Quotes: "catalog", Maybe: new(int),
	}
	want.Mail.Host = "mail.example"
	for i := range reflect.TypeFor[everything]().NumField() {
		got, want := reflect.ValueOf(got).Field(i).Interface(), reflect.ValueOf(want).Field(i).Interface()
		if !reflect.DeepEqual(got, want) && fmt.Sprint(got) != fmt.Sprint(want) { // a copied UTC prints alike
			t.Errorf("%s: got %v, want %v", reflect.TypeFor[everything]().Field(i).Name, got, want)
		}
	}
}

// Each refused value is reported in one line that a person can act on.
func TestLoad_SaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ variable, value, want string }{
		{"DOCS", "yes", `DOCS is "yes"; expected true or false (write true)`},
		{"DOCS", "off", `DOCS is "off"; expected true or false (write false)`},
		{"DOCS", "sure", `DOCS is "sure"; expected true or false`},
		{"RETRIES", "6", `RETRIES is "6"; expected a whole number from 0 to 5 such as 2`},
		{"RETRIES", "-1", `RETRIES is "-1"; expected a whole number from 0 to 5 such as 2`},
		{"RETRIES", "two", `RETRIES is "two"; expected a whole number from 0 to 5 such as 2`},
		{"SMALL", "128", `SMALL is "128"; expected a whole number from -128 to 127`},
		{"LARGE", "8MiB", `LARGE is "8MiB"; expected a whole number (write the number in full, without a unit or separators)`},
		{"LARGE", "1.5", `LARGE is "1.5"; expected a whole number`},
		{"SIZE", "-1", `SIZE is "-1"; expected a whole number of 0 or more`},
		{"PORT", "0", `PORT is "0"; expected a whole number from 1 to 65535`},
		{"PORT", "70000", `PORT is "70000"; expected a whole number from 1 to 65535`},
		{"RATIO", "NaN", `RATIO is "NaN"; expected a number of up to 1`},
		{"RATIO", "-Inf", `RATIO is "-Inf"; expected a number of up to 1`},
		{"RATIO", "1.1", `RATIO is "1.1"; expected a number of up to 1`},
		{"TIMEOUT", "10", `TIMEOUT is "10"; expected a duration such as 500ms, 10s or 2h (add a unit: ms, s, m or h)`},
		{"TIMEOUT", "-5s", `TIMEOUT is "-5s"; expected a duration such as 500ms, 10s or 2h (it cannot be negative)`},
		{"TIMEOUT", "30 days", `TIMEOUT is "30 days"; expected a duration such as 500ms, 10s or 2h (the largest unit is h: a day is 24h)`},
		{"TIMEOUT", "soon", `TIMEOUT is "soon"; expected a duration such as 500ms, 10s or 2h (Bounds one attempt)`},
		{"WINDOW", "2h", `WINDOW is "2h"; expected a duration from 1s to 1h such as 500ms, 10s or 2h`},
		{"SKEW", "-2m", `SKEW is "-2m"; expected a duration of -1m or more such as 500ms, 10s or 2h`},
		{"NAME", "жжжжжж", `NAME is "жжжжжж"; expected text of up to 5 characters`},
		{"TOKENS", "Forward", `TOKENS is "Forward"; expected exchange or forward (did you mean forward?)`},
		{"TOKENS", "pigeon", `TOKENS is "pigeon"; expected exchange or forward`},
		{"LEVEL", "warning", `LEVEL is "warning"; expected debug, info, warn or error (did you mean warn?)`},
		{"LEVEL", "verbose", `LEVEL is "verbose"; expected debug, info, warn or error`},
		{"PUBLIC", "localhost:8080", `PUBLIC is "localhost:8080"; expected an http or https URL such as https://host.example (begin with http://)`},
		{"PUBLIC", "shop.example", `PUBLIC is "shop.example"; expected an http or https URL such as https://host.example (begin with http://)`},
		{"PUBLIC", "htps://shop.example", `PUBLIC is "htps://shop.example"; expected an http or https URL such as https://host.example (did you mean https?)`},
		{"PUBLIC", "http://:8080", `PUBLIC is "http://:8080"; expected an http or https URL such as https://host.example`},
		{"PUBLIC", "http://host:99999", `PUBLIC is "http://host:99999"; expected an http or https URL such as https://host.example`},
		{"BROKER", "http://mq", `BROKER is "http://mq"; expected an amqp or amqps URL such as amqps://host.example`},
		{"ZONE", "Mars/Base", `ZONE is "Mars/Base"; expected a time zone such as Europe/Berlin`},
		{"PROXY", "10.0.0", `PROXY is "10.0.0"; expected an IP address such as 10.0.0.7`},
		{"NETWORKS", "10.0.0.0/8,10.0.0.7", `NETWORKS is "10.0.0.0/8,10.0.0.7"; expected a list separated by commas, each a network such as 10.0.0.0/8`},
		{"PEERS", "http://a,b", `PEERS is "http://a,b"; expected a list separated by commas, each an http or https URL such as https://host.example`},
		{"DAYS", "1,32", `DAYS is "1,32"; expected a list separated by commas, each a whole number from 1 to 31`},
		{"KINDS", "a;c", `KINDS is "a;c"; expected a list separated by semicolons, each a or b`},
		{"PRICES", "apple", `PRICES is "apple"; expected a list of name:value pairs separated by commas`},
		{"KEY", "short", `KEY is [redacted]; expected a secret of 8 characters or more`},
		{"KEYS", "hunter2", `KEYS is [redacted]; expected a list of name:value pairs separated by commas`},
		{"QUOTES", "The Catalog", `QUOTES is "The Catalog"; expected the name of a module, in lower-case letters and digits, such as catalog`},
		{"MAYBE", "?", `MAYBE is "?"; expected a whole number`},
		{"MAIL_HOST", "", ``},
	} {
		t.Run(c.variable+"="+c.value, func(t *testing.T) {
			t.Parallel()
			_, err := load[everything](map[string]string{c.variable: c.value})
			got := strings.TrimPrefix(fmt.Sprint(err), "the settings cannot be used:\n  ")
			if got != c.want && (err != nil || c.want != "") {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestLoad_ReportsEveryMistakeAtOnce(t *testing.T) {
	t.Parallel()
	type nested struct {
		checked
		Timeout time.Duration `env:"TIMEOUT"`
		Key     config.Secret `env:"KEY" production:"required" doc:"Seals the tokens."`
		Addr    string        `env:"ADDR,required" doc:"Where to listen."`
		Inner   checked       `envPrefix:"INNER_"`
	}
	_, err := config.Load[nested](config.New(map[string]string{
		"SLIPWAY_ENV": "production", "CART_TIMEOUT": "soon", "CART_LOW": "9", "CART_HIGH": "1", "CART_INNER_LOW": "7",
	}), "CART_")
	want := `the settings cannot be used:
  CART_TIMEOUT is "soon"; expected a duration such as 500ms, 10s or 2h
  CART_KEY is not set; expected a secret (production takes no default for it: Seals the tokens)
  CART_ADDR is not set; expected text (Where to listen)
  CART_LOW is "9"; expected 1 or less, since CART_HIGH is 1
  CART_INNER_LOW is "7"; expected 5 or less, since CART_HIGH is 5`
	if got := fmt.Sprint(err); got != strings.ReplaceAll(want, "since CART_HIGH", "since HIGH") {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if problems, ok := errors.AsType[config.Errors](err); !ok || len(problems) != 5 {
		t.Errorf("got %T, want Errors of five", err)
	}
}

type checked struct {
	Low  int `env:"LOW"`
	High int `env:"HIGH" envDefault:"5"`
}

func (c *checked) Validate() []config.Problem {
	if c.Low <= c.High {
		return nil
	}
	return []config.Problem{{Variable: "LOW", Given: fmt.Sprint(c.Low), Expected: fmt.Sprintf("%d or less, since HIGH is %d", c.High, c.High)}}
}

type mailing struct {
	Server string `env:"/SMTP_URL"`
}

func (c mailing) Validate() []config.Problem {
	if c.Server == "" || strings.HasPrefix(c.Server, "smtp") {
		return nil
	}
	return []config.Problem{{Variable: "/SMTP_URL", Given: c.Server, Expected: "smtp://"}}
}

// What modules share has one name, whatever their prefix.
func TestLoad_WithoutThePrefix(t *testing.T) {
	t.Parallel()
	_, err := config.Load[mailing](config.New(map[string]string{"SMTP_URL": "ftp://mail"}), "SSO_")
	if got := fmt.Sprint(err); !strings.Contains(got, "\n  SMTP_URL is \"ftp://mail\"") {
		t.Errorf("Load() = %s, want a problem of SMTP_URL", got)
	}
	got, err := config.Load[mailing](config.New(map[string]string{"SMTP_URL": "smtp://mail", "SSO_SMTP_URL": "smtp://other"}), "SSO_")
	if err != nil || got.Server != "smtp://mail" {
		t.Errorf("Load() = %+v, %v, want the one of SMTP_URL", got, err)
	}
	if v := config.Describe[mailing]("SSO_"); v[0].Name != "SMTP_URL" {
		t.Errorf("Describe() = %v", v)
	}
}

// What could not be read has its default when the struct is asked, and what was
// said of a variable is not said twice.
func TestLoad_AsksTheStructWithDefaultsForWhatFailed(t *testing.T) {
	t.Parallel()
	for _, values := range []map[string]string{{"HIGH": "many", "LOW": "5"}, {"LOW": "many"}} {
		_, err := load[checked](values)
		if problems, ok := errors.AsType[config.Errors](err); !ok || len(problems) != 1 {
			t.Errorf("Load(%v) = %v, want one problem", values, err)
		}
	}
}

type trusting struct {
	URL *url.URL `env:"URL,required"`
}

func (c trusting) Validate() []config.Problem {
	if c.URL.Host == "localhost" { // panics when there is none
		return []config.Problem{{Variable: "URL", Given: c.URL.String(), Expected: "another machine"}}
	}
	return nil
}

func TestLoad_OutlivesAStructThatTrustsWhatIsRequired(t *testing.T) {
	t.Parallel()
	if _, err := load[trusting](nil); err == nil || !strings.Contains(err.Error(), "URL is not set") {
		t.Errorf("Load() = %v, want it to say that URL is not set", err)
	}
	_, err := load[trusting](map[string]string{"URL": "http://user:hunter2@localhost"})
	if got, want := fmt.Sprint(err), `URL is "http://[redacted]@localhost"; expected another machine`; !strings.HasSuffix(got, want) {
		t.Errorf("Load() = %s, want %s", got, want)
	}
}

type telling struct {
	Key config.Secret `env:"KEY"`
}

func (c telling) Validate() []config.Problem {
	return []config.Problem{{Variable: "KEY", Given: c.Key.Reveal(), Expected: "a better one"}}
}

func TestLoad_RedactsWhatAStructTells(t *testing.T) {
	t.Parallel()
	_, err := load[telling](map[string]string{"KEY": "hunter2"})
	if got, want := fmt.Sprint(err), "KEY is [redacted]; expected a better one"; !strings.HasSuffix(got, want) {
		t.Errorf("Load() = %s, want %s", got, want)
	}
}

func TestLoad_NeverRepeatsCredentials(t *testing.T) {
	t.Parallel()
	type port struct {
		Port int `env:"PORT"`
	}
	for _, value := range []string{
		"postgres://user:hunter2@host/db",
		"postgres://user:hunter2@word/x@host:bad/db%zz",
		"user:hunter2@host:5432",
		"https://host/?access_token=hunter2&x=1",
		"https://host/v1/traces?x-honeycomb-team=hunter2",
		"https://host/?hunter2",
		"https://host/?x=1&y=hunter2 hunter2#hunter2",
		"host=db user=u password=hunter2",
		"host=db password='hunter2 hunter2'",
		"AWS_SECRET_ACCESS_KEY=hunter2",
	} {
		_, err := load[port](map[string]string{"PORT": value})
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: got %v, want an error without the password", value, err)
		}
	}
}

func TestLoad_CutsWhatItRepeats(t *testing.T) {
	t.Parallel()
	type port struct {
		Port int `env:"PORT"`
	}
	_, err := load[port](map[string]string{"PORT": strings.Repeat("ж", 5000) + "\x1b[31m\n"})
	if got := fmt.Sprint(err); len(got) > 200 || strings.Contains(got, "\x1b") {
		t.Errorf("got %d bytes: %q", len(got), got)
	}
}

func TestLoad_TakesDefaults(t *testing.T) {
	t.Parallel()
	got, err := load[everything](map[string]string{"TIMEOUT": "  \t", "RETRIES": " 3\n", "KEY": "", "MODULES": " , "})
	if err != nil {
		t.Fatal(err)
	}
	if got.Timeout != 10*time.Second || got.Retries != 3 || got.Level != slog.LevelInfo || got.Key != "" || got.Maybe != nil || got.Public != nil || len(got.Modules) != 0 {
		t.Errorf("Load() = %+v", got)
	}
}

func TestLoad_ProductionRequired(t *testing.T) {
	t.Parallel()
	type keyed struct {
		Key config.Secret `env:"KEY" production:"required" envDefault:"everybody knows"`
	}
	for _, environment := range []string{"", "development", "test"} {
		if got, err := load[keyed](map[string]string{"SLIPWAY_ENV": environment}); err != nil || got.Key != "everybody knows" {
			t.Errorf("%q: got %q, %v, want the default", environment, got.Key.Reveal(), err)
		}
	}
	_, err := load[keyed](map[string]string{"SLIPWAY_ENV": "production"})
	if got, want := fmt.Sprint(err), "KEY is not set; expected a secret (production takes no default for it)"; !strings.HasSuffix(got, want) {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, err := load[keyed](map[string]string{"SLIPWAY_ENV": "production", "KEY": "mine"}); err != nil || got.Key != "mine" {
		t.Errorf("got %q, %v, want mine", got.Key.Reveal(), err)
	}
}

func TestLoad_UnknownEnvironment(t *testing.T) {
	t.Parallel()
	for given, hint := range map[string]string{"prod": " (did you mean production?)", "Production": " (did you mean production?)", "tset": " (did you mean test?)", "staging": ""} {
		src := config.New(map[string]string{"SLIPWAY_ENV": given})
		if src.Environment() != config.Production {
			t.Errorf("%s counts as %s, want the strictest", given, src.Environment())
		}
		_, err := config.Load[struct{}](src, "")
		want := fmt.Sprintf("the settings cannot be used:\n  SLIPWAY_ENV is %q; expected development, test or production%s", given, hint)
		if got := fmt.Sprint(err); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

// currency says itself why it refuses a value.
type currency string

func (c *currency) UnmarshalText(text []byte) error {
	if len(text) != 3 {
		return errors.New("a currency has three letters")
	}
	*c = currency(text)
	return nil
}

func TestLoad_TakesTheReasonOfAType(t *testing.T) {
	t.Parallel()
	type money struct {
		Currency currency `env:"CURRENCY" example:"EUR"`
	}
	_, err := load[money](map[string]string{"CURRENCY": "euro"})
	if got, want := fmt.Sprint(err), `CURRENCY is "euro"; expected text such as EUR (a currency has three letters)`; !strings.HasSuffix(got, want) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func load[T any](values map[string]string) (T, error) { return config.Load[T](config.New(values), "") }

func parseURL(t *testing.T, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func BenchmarkLoad(b *testing.B) {
	src := config.New(map[string]string{"RETRIES": "3", "PUBLIC": "https://shop.example"})
	for b.Loop() {
		if _, err := config.Load[everything](src, ""); err != nil {
			b.Fatal(err)
		}
	}
}
