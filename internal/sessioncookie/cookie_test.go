package sessioncookie_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slipway-go/slipway/internal/sessioncookie"
)

func request(method string, headers ...string) *http.Request {
	r := httptest.NewRequest(method, "http://shop.example/", http.NoBody)
	for pair := range slices.Chunk(headers, 2) {
		r.Header.Add(pair[0], pair[1])
	}
	return r
}

func TestCookie_Secret(t *testing.T) {
	t.Parallel()
	c := sessioncookie.For("https://shop.example")
	for name, tt := range map[string]struct {
		cookies []string
		want    string
	}{
		"is not there":                          {nil, ""},
		"is not of another name":                {[]string{"slipway=planted"}, ""},
		"is empty":                              {[]string{"__Host-slipway="}, ""},
		"is not one of two":                     {[]string{"__Host-slipway=one; __Host-slipway=two"}, ""},
		"is not one of two in headers":          {[]string{"__Host-slipway=one", "__Host-slipway=two"}, ""},
		"is found among others":                 {[]string{"theme=dark; __Host-slipway=secret; lang=en"}, "secret"},
		"is not larger than one can be at most": {[]string{"__Host-slipway=" + strings.Repeat("s", 300)}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := request(http.MethodGet)
			for _, c := range tt.cookies {
				r.Header.Add("Cookie", c)
			}
			if got, ok := c.Secret(r); got != tt.want || ok != (tt.want != "") {
				t.Errorf("Secret() = %q, %t, want %q", got, ok, tt.want)
			}
		})
	}
}

func TestCookie_In(t *testing.T) {
	c := sessioncookie.For("https://shop.example")
	for given, want := range map[string]bool{"__Host-slipway=secret": true, "theme=dark": false, "": false} {
		r := request(http.MethodGet)
		if given != "" {
			r.Header.Set("Cookie", given)
		}
		if got := c.In(r); got != want {
			t.Errorf("In() of %q = %t, want %t", given, got, want)
		}
		if n := testing.AllocsPerRun(10, func() { c.In(r) }); n > 0 {
			t.Errorf("In() of %q allocates %v times; a request without the cookie must not pay for it", given, n)
		}
	}
}

func TestCookie_Set(t *testing.T) {
	t.Parallel()
	for issuer, want := range map[string]string{
		"https://shop.example":  "__Host-slipway=secret; Path=/; Max-Age=3600; HttpOnly; Secure; SameSite=Lax",
		"http://localhost:8080": "slipway=secret; Path=/; Max-Age=3600; HttpOnly; SameSite=Lax",
	} {
		w := httptest.NewRecorder()
		sessioncookie.For(issuer).Set(w, "secret", time.Now().Add(time.Hour+time.Second/2))
		if got := w.Header().Get("Set-Cookie"); got != want {
			t.Errorf("of %s: Set-Cookie = %q, want %q", issuer, got, want)
		}
	}
}

func TestCookie_ForLogin(t *testing.T) {
	t.Parallel()
	for issuer, want := range map[string]string{"https://shop.example": "__Host-slipway_login", "http://localhost:8080": "slipway_login"} {
		if got := sessioncookie.ForLogin(issuer).Name(); got != want {
			t.Errorf("of %s it is called %s, want %s", issuer, got, want)
		}
	}
	r := request(http.MethodGet, "Cookie", "__Host-slipway_login=one")
	if secret, ok := sessioncookie.For("https://shop.example").Secret(r); ok {
		t.Errorf("it is taken for that of a session: %s", secret)
	}
}

func TestCookie_Strip(t *testing.T) {
	t.Parallel()
	c := sessioncookie.For("http://localhost")
	for given, want := range map[string]string{
		"slipway=secret":                     "",
		"theme=dark; slipway=secret; a=b":    "theme=dark; a=b",
		"slipway=one;slipway=two; slipway2=": "slipway2=",
		"slipway":                            "",
		"slipway_login=one; slipway_log=two": "slipway_log=two",
		"a=b; slipway_login=1; slipway=2":    "a=b",
	} {
		r := request(http.MethodGet, "Cookie", given)
		if c.Strip(r); r.Header.Get("Cookie") != want {
			t.Errorf("of %q stays %q, want %q", given, r.Header.Get("Cookie"), want)
		}
	}
}

func TestGuard_Check(t *testing.T) {
	t.Parallel()
	g := sessioncookie.NewGuard("https://shop.example")
	const cookie = "__Host-slipway=secret"
	for name, tt := range map[string]struct {
		r    *http.Request
		pass bool
	}{
		"refuses a form of another site":            {request("POST", "Cookie", cookie, "Sec-Fetch-Site", "cross-site"), false},
		"refuses a form of a sister site":           {request("POST", "Cookie", cookie, "Sec-Fetch-Site", "same-site"), false},
		"refuses a form of another origin":          {request("POST", "Cookie", cookie, "Origin", "https://evil.example"), false},
		"refuses an origin that hides itself":       {request("POST", "Cookie", cookie, "Origin", "null"), false},
		"refuses a cookie that no browser sends":    {request("POST", "Cookie", cookie), false},
		"refuses a login from elsewhere, no cookie": {request("POST", "Sec-Fetch-Site", "cross-site"), false},
		"passes a page of its own":                  {request("DELETE", "Cookie", cookie, "Sec-Fetch-Site", "same-origin"), true},
		"passes its own origin behind a proxy":      {request("POST", "Cookie", cookie, "Origin", "https://shop.example"), true},
		"passes a link from another site":           {request("GET", "Cookie", cookie, "Sec-Fetch-Site", "cross-site"), true},
		"passes a program without a cookie":         {request("POST"), true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tt.r.Host = "sso.internal"
			if err := g.Check(tt.r); (err == nil) != tt.pass {
				t.Errorf("Check() = %v, want to pass: %t", err, tt.pass)
			}
		})
	}
}
