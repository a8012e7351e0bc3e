package telemetry_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/slipway-go/slipway/telemetry"
)

func TestRedactor_Query(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"":                                   "",
		"limit=20&sort=-age":                 "limit=20&sort=-age",
		"q=a%20b%26c":                        "q=a%20b%26c",
		"access_token=" + canary + "&n=1":    "access_token=[redacted]&n=1",
		"access%5Ftoken=" + canary:           "access%5Ftoken=[redacted]",
		"ACCESS-TOKEN=" + canary:             "ACCESS-TOKEN=[redacted]",
		"code=" + canary + "&state=x":        "code=[redacted]&state=x",
		"password":                           "password",
		"password=":                          "password=",
		"bad%zz=" + canary:                   "bad%zz=[redacted]",
		"q=%zz" + canary:                     "q=[redacted]",
		"a=1&&b":                             "a=1&&b",
		"card=4242424242424242":              "card=[redacted]",
		"x=" + url.QueryEscape(token):        "x=" + (&telemetry.Redactor{}).String(token),
		strings.Repeat("a=1&", 40):           strings.Repeat("a=1&", 29) + "a=1&…",
		"q=" + strings.Repeat("x", 5000):     "q=" + strings.Repeat("x", 1024) + "…",
		strings.Repeat("k", 5000) + "=1&b=2": strings.Repeat("k", 1024) + "…=1&…",
	} {
		if got := (&telemetry.Redactor{}).Query(raw); got != want {
			t.Errorf("%.100q is shown as %.200q, want %.200q", raw, got, want)
		}
	}
}

func TestRedactor_Path(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ template, path, want string }{
		"without a secret":           {"/carts/{id}", "/carts/c%207", "/carts/c 7"},
		"without a template":         {"", "/carts/c7", "/carts/c7"},
		"a secret":                   {"/resets/{token}/done", "/resets/" + canary + "/done", "/resets/[redacted]/done"},
		"behind a base":              {"/resets/{token}", "/api/v1/resets/" + canary, "/api/v1/resets/[redacted]"},
		"with a slash in it":         {"/resets/{token}", "/resets/a%2F" + canary, "/resets/[redacted]"},
		"a path that is too short":   {"/resets/{token}", "/" + canary, "[redacted]"},
		"a subtree":                  {"/keys/{secret...}", "/keys/a/" + canary, "[redacted]"},
		"a code":                     {"/codes/{code}", "/codes/" + canary, "/codes/[redacted]"},
		"a secret where none is due": {"/carts/{id}", "/carts/" + token, "/carts/" + (&telemetry.Redactor{}).String(token)},
		"a long one":                 {"/carts/{id}", "/" + strings.Repeat("x", 5000), "/" + strings.Repeat("x", 1023) + "…"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u, err := url.Parse("http://cart.test" + tt.path)
			if err != nil {
				t.Fatal(err)
			}
			if got := (&telemetry.Redactor{}).Path(tt.template, u); got != tt.want {
				t.Errorf("%s is shown as %q, want %q", tt.path, got, tt.want)
			}
		})
	}
}
