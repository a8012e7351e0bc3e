package golden_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/auth/authtest"
	"github.com/slipway-go/slipway/slipwaytest/internal/golden"
)

const (
	plain = "text/plain"
	js    = "application/json"
)

// answer is the body of an answer as its golden file shows it.
func answer(contentType, body string) string {
	return answers(contentType, body)[0]
}

// answers are those of one exchange: of a request with the first body and an
// answer with the second.
func answers(contentType string, bodies ...string) []string {
	header := http.Header{"Content-Type": {contentType}}
	e := golden.Exchange{
		Request:  golden.Request{Method: "GET", URL: &url.URL{Path: "/"}, Host: "kit", Header: header, Body: []byte(bodies[0])},
		Response: golden.Response{Status: 200, Header: header, Body: []byte(bodies[len(bodies)-1])},
	}
	request, response, _ := strings.Cut(e.String(), "\n-- response --\n")
	_, asked, _ := strings.Cut(request, "\n\n")
	_, got, _ := strings.Cut(response, "\n\n")
	return []string{strings.TrimSuffix(asked, "\n"), strings.TrimSuffix(got, "\n")}
}

func TestExchange_secrets(t *testing.T) {
	t.Parallel()
	token := authtest.NewIssuer().Mint(authtest.User("anna"))
	e := golden.Exchange{
		Request: golden.Request{
			Caller: "nobody", Method: "POST", URL: &url.URL{Path: "/login", RawQuery: "token=made-up&b=%20&when=2026-01-02T03%3A04%3A05Z"},
			Header: http.Header{"Authorization": {"Bearer " + token}, "Cookie": {"session=made-up; theme=dark", "made-up"}, "Content-Type": {"application/x-www-form-urlencoded"}},
			Body:   []byte("password=made-up&z=1&a=2"),
		},
		Response: golden.Response{
			Status: 401,
			Header: http.Header{
				"Content-Type": {js}, "Set-Cookie": {"session=made-up; Path=/; HttpOnly", "old=; Max-Age=0"},
				"Www-Authenticate": {`Bearer error="invalid_token"`},
			},
			Body: []byte(`{"access_token":"` + token + `","sent":"` + token + `","card":{"number":"made-up"},"pin":1234,"code":"not_found","note":"password=made-up"}`),
		},
	}
	want := `-- request --
POST /login?token=[redacted]&b=%20&when={time 1}
Caller: nobody
Authorization: Bearer {token 1}
Content-Type: application/x-www-form-urlencoded
Cookie: session=[redacted]; theme=[redacted]
Cookie: [redacted]

password=[redacted]&z=1&a=2

-- response --
401 Unauthorized
Content-Type: application/json
Set-Cookie: session=[redacted]; Path=/; HttpOnly
Set-Cookie: old=; Max-Age=0
WWW-Authenticate: Bearer error="invalid_token"

{
  "access_token": "[redacted]",
  "sent": "{token 1}",
  "card": "[redacted]",
  "pin": "[redacted]",
  "code": "not_found",
  "note": "password=[redacted]"
}
`
	if got := e.String(); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

func TestExchange_secretInAPath(t *testing.T) {
	t.Parallel()
	asked := golden.Request{Method: "GET", URL: &url.URL{Path: "/invitations/made-up/guests/7"}, Route: "/invitations/{token}/guests/{id}"}
	if got, _, _ := strings.Cut(golden.Exchange{Request: asked}.String(), "\nCaller"); got != "-- request --\nGET /invitations/[redacted]/guests/7" {
		t.Errorf("got:\n%s", got)
	}
}

func TestExchange_isTheSameInEveryRun(t *testing.T) {
	t.Parallel()
	run := func(n int) string {
		a, b, trace := uuid.NewString(), uuid.NewString(), strings.ReplaceAll(uuid.NewString(), "-", "")
		now := time.Now().Add(time.Duration(n) * 1001 * time.Millisecond)
		host := fmt.Sprintf("127.0.0.1:%d", 40000+n)
		e := golden.Exchange{
			Request: golden.Request{
				Caller: "user " + b, Method: "PUT", URL: &url.URL{Path: "/carts/" + a}, Host: host,
				Header: http.Header{"Idempotency-Key": {b}, "If-Match": {`W/"` + trace[:8] + `"`}, "Content-Type": {"multipart/form-data; boundary=" + trace}},
				Body:   []byte("--" + trace + "\r\n\r\nfile\r\n--" + trace + "--\r\n"),
			},
			Response: golden.Response{
				Status: 200,
				Header: http.Header{
					"Content-Type": {js}, "Etag": {`"` + trace[:8] + `"`}, "Location": {"http://" + host + "/carts/" + a},
					"Set-Cookie": {"s=x; Expires=" + now.UTC().Format(http.TimeFormat)},
				},
				Body: fmt.Appendf(nil, `{"id":%q,"owner":%q,"at":%q,"again":%q,"trace_id":%q,"detail":"see %s at http://localhost:%d","items":[{"id":%q}]}`,
					a, b, now.Format(time.RFC3339Nano), now.Format(time.RFC3339Nano), trace, trace, 50000+n, uuid.NewString()),
			},
		}
		return e.String()
	}
	want := `-- request --
PUT /carts/{uuid 1}
Caller: user {uuid 2}
Content-Type: multipart/form-data; boundary={boundary}
Idempotency-Key: {uuid 2}
If-Match: W/"{etag 1}"

--{boundary}{cr}
{cr}
file{cr}
--{boundary}--{cr}

-- response --
200 OK
Content-Type: application/json
ETag: "{etag 1}"
Location: http://{address}/carts/{uuid 1}
Set-Cookie: s=[redacted]; Expires={time 1}

{
  "id": "{uuid 1}",
  "owner": "{uuid 2}",
  "at": "{time 2}",
  "again": "{time 2}",
  "trace_id": "{trace}",
  "detail": "see {trace} at http://{address 2}",
  "items": [
    {
      "id": "{uuid 3}"
    }
  ]
}
`
	for n := range 2 {
		if got := run(n); got != want {
			t.Errorf("run %d, got:\n%s\nwant:\n%s", n, got, want)
		}
	}
}

func TestExchange_keeps(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ contentType, body, want string }{
		"what the test chose":     {js, `"TEA-2026-01"`, `"TEA-2026-01"`},
		"the nil UUID":            {js, `"00000000-0000-0000-0000-000000000000"`, `"00000000-0000-0000-0000-000000000000"`},
		"the zero time":           {js, `"0001-01-01T00:00:00Z"`, `"0001-01-01T00:00:00Z"`},
		"the digits of a number":  {js, `[1.50,1e3,12345678901234567890]`, "[\n  1.50,\n  1e3,\n  12345678901234567890\n]"},
		"a digest, no trace":      {js, `"0123456789abcdef0123456789abcdef"`, `"0123456789abcdef0123456789abcdef"`},
		"empty lists and objects": {"application/merge-patch+json", `{"a":[],"b":{}}`, "{\n  \"a\": [],\n  \"b\": {}\n}"},
		"keys that come twice":    {js, `{"a":null,"a":true}`, "{\n  \"a\": null,\n  \"a\": true\n}"},
		"signs of HTML":           {js, `"\u003ca\u0026b"`, `"<a&b"`},
		"what is no JSON":         {js, `{"a":1`, `{"a":1`},
		"two values":              {js, `{} {}`, `{} {}`},
		"text":                    {plain, "a\n\nb", "a\n\nb"},
		"a host of another name":  {plain, "http://kitchen.example", "http://kitchen.example"},
		"no bytes but their hash": {plain, "\x00\x01", "[2 bytes, SHA-256 b413f47d13ee2fe6c845b2ee141af81de858df4ec549a58b7970bb96645bc8d2]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := answer(tt.contentType, tt.body); got != tt.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, tt.want)
			}
		})
	}
}

func TestExchange_tellsValuesApart(t *testing.T) {
	t.Parallel()
	a, b := uuid.NewString(), uuid.NewString()
	if got := answers(plain, a+" "+b, b+" "+a); got[0] != "{uuid 1} {uuid 2}" || got[1] != "{uuid 2} {uuid 1}" {
		t.Errorf("got %q", got)
	}
	if got := answer(plain, "2026-01-02T03:04:05Z 2026-01-02T03:04:05+00:00"); got != "{time 1} {time 2}" {
		t.Errorf("two writings of a time: got %q", got)
	}
}

func TestExchange_namesPublicKeys(t *testing.T) {
	t.Parallel()
	body := `{"keys":[{"kty":"OKP","kid":"a1","x":"b2","alg":"EdDSA"},{"kty":"RSA","kid":"c3","n":"d4","e":"AQAB"},{"kid":"a1"}]}`
	for contentType, want := range map[string][]string{
		"application/jwk-set+json": {`"kid": "{kid 1}"`, `"x": "{x 1}"`, `"kid": "{kid 2}"`, `"n": "{n 1}"`, `"alg": "EdDSA"`, `"e": "AQAB"`},
		"application/json":         {`"kid": "a1"`, `"x": "b2"`, `"n": "d4"`},
	} {
		got := golden.Exchange{
			Request:  golden.Request{Method: "GET", URL: &url.URL{Path: "/keys"}},
			Response: golden.Response{Status: 200, Header: http.Header{"Content-Type": {contentType}}, Body: []byte(body)},
		}.String()
		for _, line := range want {
			if !strings.Contains(got, line) {
				t.Errorf("as %s: no %s in\n%s", contentType, line, got)
			}
		}
	}
}
