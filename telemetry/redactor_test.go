package telemetry_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/slipway-go/slipway/telemetry"
)

const (
	token  = "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJhbm5hIn0.c2lnbmF0dXJl"
	canary = "made-up-canary-7f3a"
	mark   = "[redacted]"
)

func TestRedactor_Names(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"password", "Password", "new_password", "db-password", "passwd", "secret", "client_secret", "clientSecret", "token", "access_token",
		"refreshToken", "id_token", "Authorization", "proxy-authorization", "cookie", "Set-Cookie", "api_key", "X-API-Key", "apiKey", "private.key",
		"credentials", "card", "pan", "cvv", "CVC", "card_number", "pin", "otp", "sms_code", "code_verifier", "client_assertion", "signature", "pwd",
		strings.Repeat("x", 200) + "_password",
	} {
		t.Run("Hides "+name[max(0, len(name)-20):], func(t *testing.T) {
			t.Parallel()
			for _, value := range []any{canary, 123456, uint64(123456), 1234.5, []string{canary}, map[string]string{"a": canary}, struct{ A string }{canary}} {
				if got := logged(t, slog.Any(name, value)); got != mark {
					t.Errorf("%v is written as %v", value, got)
				}
			}
			if got := logged(t, slog.Group(name, slog.String("a", canary))); got != mark {
				t.Errorf("a group is written as %v", got)
			}
		})
	}

	for _, name := range []string{
		"token_type", "token_endpoint", "token_id", "grant_type", "password_changed_at", "card_id", "company", "passenger", "keyboard", "footprint",
		"pancake", "spin", "author", "status_code", "country_code", "sku", "subject",
	} {
		t.Run("Shows "+name, func(t *testing.T) {
			t.Parallel()
			if got := logged(t, slog.String(name, "made up")); got != "made up" {
				t.Errorf("written as %v", got)
			}
		})
	}

	for value, want := range map[any]any{
		"not_found": "not_found", "NotFound": "NotFound", "total.changed": "total.changed", 404: 404.0, "404": "404",
		"123456": mark, 123456: mark, "SplxlOBeZQQYbYS6WxSbIA": mark, "ABCDEF": mark, "": "",
	} {
		t.Run(fmt.Sprint("JudgesACodeByItsValue ", value), func(t *testing.T) {
			t.Parallel()
			if got := logged(t, slog.Any("code", value)); got != want {
				t.Errorf("%v is written as %v, want %v", value, got, want)
			}
		})
	}
}

func TestRedactor_Attr(t *testing.T) {
	t.Parallel()
	got := (&telemetry.Redactor{}).Attr(slog.Group("request", slog.String("password", canary), slog.Group("card", slog.String("number", canary)), slog.Int("n", 1)))
	if want := "request=[password=[redacted] card=[redacted] n=1]"; got.String() != want {
		t.Errorf("Attr() = %s, want %s", got, want)
	}
}

func TestRedactor_RemembersSoManyNames(t *testing.T) {
	t.Parallel()
	r := &telemetry.Redactor{}
	for i := range 3000 {
		if got := r.Attr(slog.String(fmt.Sprintf("password_%d", i), canary)).Value.String(); got != mark {
			t.Fatalf("name %d: %s", i, got)
		}
	}
}

func TestRedactor_Headers(t *testing.T) {
	t.Parallel()
	r := &telemetry.Redactor{}

	t.Run("ShowsThoseOfTheListOnly", func(t *testing.T) {
		t.Parallel()
		h := http.Header{
			"Authorization": {"Bearer " + canary}, "Cookie": {canary}, "Set-Cookie": {canary}, "X-Api-Key": {canary}, "X-Anything": {canary},
			"Idempotency-Key": {canary}, "Location": {"/callback?code=" + canary + "&state=a"}, "Content-Type": {"application/json"}, "Retry-After": {"3"},
		}
		got := r.Headers(h).String()
		if strings.Contains(got, canary) {
			t.Errorf("Headers() = %s", got)
		}
		for _, want := range []string{"content_type=application/json", "retry_after=3", "location=/callback?code=[redacted]&state=a", "authorization_id=Bearer " + r.TokenID(canary)} {
			if !strings.Contains(got, want) {
				t.Errorf("Headers() = %s, want %s", got, want)
			}
		}
	})

	t.Run("TakesNoSecretForAScheme", func(t *testing.T) {
		t.Parallel()
		for _, v := range []string{canary, canary + " x", "Token " + canary, "Bearer", "bearer  " + canary} {
			if got := r.Headers(http.Header{"Authorization": {v}}).String(); strings.Contains(got, canary) || !strings.Contains(got, "token:") {
				t.Errorf("Headers(%q) = %s", v, got)
			}
		}
	})

	t.Run("SurvivesTheLog", func(t *testing.T) {
		t.Parallel()
		h := http.Header{"Authorization": {"Bearer " + token}}
		got, _ := logged(t, slog.Attr{Key: "request_headers", Value: r.Headers(h)}).(map[string]any)
		if got["authorization_id"] != "Bearer "+r.TokenID(token) {
			t.Errorf("written as %v", got)
		}
	})
}

func TestRedactor_Body(t *testing.T) {
	t.Parallel()
	r := &telemetry.Redactor{}

	for name, tt := range map[string]struct{ contentType, body, want string }{
		"FieldsHoweverDeep": {"application/json; charset=utf-8", `{"a":[{"b":{"password":"x1","api_key":["x2"]}}],"n":12345678901234567,"f":1.50}`, `{"a":[{"b":{"api_key":"[redacted]","password":"[redacted]"}}],"f":1.50,"n":12345678901234567}`},
		"ObjectsWhole":      {"application/json", `{"card":{"number":"x1","holder":"x2"},"secret":{"value":"x3"}}`, `{"card":"[redacted]","secret":"[redacted]"}`},
		"Nothing":           {"application/json", `{"password":null,"token":"","cookie":false}`, `{"cookie":false,"password":null,"token":""}`},
		"Numbers":           {"application/json", `{"pin":1234,"cvv":12,"code":123456}`, `{"code":"[redacted]","cvv":"[redacted]","pin":"[redacted]"}`},
		"CardsAsNumbers":    {"application/json", `[4242424242424242,4242424242424241]`, `["[card ending in 4242]",4242424242424241]`},
		"Names":             {"application/json", `{"` + token + `":1}`, `{"` + r.TokenID(token) + `":1}`},
		"Problems":          {"application/problem+json", `{"code":"total_changed","status":409}`, `{"code":"total_changed","status":409}`},
		"Texts":             {"application/json", `"Bearer made-up-1"`, `"Bearer [redacted]"`},
		"Forms":             {"application/x-www-form-urlencoded", "grant_type=password&client_secret=x1&scope=a&code=x2x3&user%5Bpassword%5D=x4", "client_secret=[redacted]&code=[redacted]&grant_type=password&scope=a&user[password]=[redacted]"},
		"Scripts":           {"application/json", `{"a":"</script>\u2028"}`, `{"a":"</script>\u2028"}`},
		"NothingAtAll":      {"application/json", "", ""},
		"TwoValues":         {"application/json", `{"a":1}{"password":"x"}`, "[23 bytes that are no JSON]"},
		"BrokenForm":        {"application/x-www-form-urlencoded", "password=%zz", "[12 bytes that are no form]"},
		"PlainText":         {"text/plain", canary, "[19 bytes]"},
		"NoType":            {"", canary, "[19 bytes]"},
		"BrokenType":        {"application/json; x", `{}`, "[2 bytes]"},
		"TooLong":           {"application/json", `"` + strings.Repeat("x", 4096) + `"`, "[4098 bytes]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := r.Body(tt.contentType, []byte(tt.body)); got != tt.want {
				t.Errorf("Body() = %s\nwant     %s", got, tt.want)
			}
		})
	}

	t.Run("TellsNothingOfOneThatIsCut", func(t *testing.T) {
		t.Parallel()
		body := `{"id":"c7","user":{"password":"` + canary + `","name":"Anna"},"list":["` + canary + `"],"token":"` + canary + `"}`
		for cut := range len(body) {
			if got := r.Body("application/json", []byte(body[:cut])); strings.Contains(got, "made-up") {
				t.Errorf("Body(%s) = %s", body[:cut], got)
			}
		}
	})
}

// TestRedactor_Canary puts a secret wherever one may turn up and looks for it
// in the log.
func TestRedactor_Canary(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		secret := rapid.StringMatching(`zq[a-zA-Z0-9+/_-]{8,40}`).Draw(t, "secret")
		name := rapid.SampledFrom([]string{"password", "client_secret", "Authorization", "access_token", "apiKey", "set-cookie", "X-Api-Key", "refresh_token"}).Draw(t, "name")
		before := rapid.StringMatching(`([a-z]+ [a-z]+[ ,;])?`).Draw(t, "before")
		after := rapid.StringMatching(`([ ,;)][a-z]+ [a-z=:{]+)?`).Draw(t, "after")
		text := before + fmt.Sprintf(rapid.SampledFrom([]string{
			`%s=%s`, `%s = "%s"`, `%s='%s'`, `{"%s":"%s"}`, `{"%s": "%s", "a":1}`, `{\"%s\":\"%s\"}`, `{%s:%s A:1}`, `map[%s:%s]`, `?a=1&%s=%s&b=2`, `u[%s]=%s`,
			"`%s`=%s", `{"%s":["a","%s"]}`, `Key (%s)=(%s) exists`,
		}).Draw(t, "template"), name, secret) + after
		scheme := before + rapid.SampledFrom([]string{"Bearer ", "bearer  ", "BASIC ", "DPoP ", "Bearer+", "Bearer%20"}).Draw(t, "scheme") + secret + "1" + after
		address := "connect to postgres://shop:" + secret + "@db.internal/shop failed"

		logger, s := newLogger()
		logger.Info(text) //nolint:sloglint // a message may hold one too
		logger.Info("said", "text", text, "scheme", scheme, "address", address)
		logger.Info("said", name, secret, "error", fmt.Errorf("outer: %w", fmt.Errorf("%s", text))) //nolint:err113 // a test's
		logger.With(name, secret).WithGroup("g").With(name, secret, "text", text).Info("said", slog.Group("inner", slog.String(name, secret)))
		logger.Info("said", "any", map[string]any{name: secret, "list": []any{text, map[string]string{name: secret}}})
		logger.Info("said", "struct", struct {
			Inner *struct {
				Password string
				Text     string `json:"text"`
			}
		}{&struct {
			Password string
			Text     string `json:"text"`
		}{secret, text}})
		body, err := json.Marshal(map[string]any{name: secret, "deep": map[string]any{"text": text, "list": []string{scheme}}})
		if err != nil {
			t.Fatal(err)
		}
		logger.Info("said", "body", (&telemetry.Redactor{}).Body("application/json", body), "raw", string(body), "message", json.RawMessage(body))
		for _, line := range s.writes {
			if strings.Contains(line, secret) || strings.Contains(line, secret[:len(secret)-1]) {
				t.Fatalf("secret %s\ntext   %s\nline   %s", secret, text, line)
			}
		}
	})
}

func FuzzRedactor(f *testing.F) {
	f.Add("Bearer x", []byte(`{"a":1}`))
	f.Add("Cookie:", []byte(`{"a":"Authorization:"}`))
	f.Add(`Bearer realm="a", Authorization: Bearer <token>`, []byte(`{"a":"Basic realm=\"a\""}`))
	f.Add(`password=[redacted] token:12345678 "cookie":[{`, []byte(`{"pin":[`))
	f.Add("4242 4242 4242 4242-4242", []byte(`a=%41&password=1`))
	f.Fuzz(func(t *testing.T, s string, b []byte) {
		r := &telemetry.Redactor{}
		once := r.String(s)
		if twice := r.String(once); twice != once {
			t.Errorf("String(%q) = %q, and of that %q", s, once, twice)
		}
		if got := r.Body("application/json", b); json.Valid(b) && len(b) <= 4096 && len(b) > 0 && !json.Valid([]byte(got)) {
			t.Errorf("Body(%q) = %q", b, got)
		}
		_ = r.Body("application/x-www-form-urlencoded", b)
		_ = r.Value(map[string]any{s: b, "raw": json.RawMessage(b)})
		_ = r.Headers(http.Header{"Authorization": {s}, "Location": {s}})
	})
}
