package telemetry_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/slipway-go/slipway/telemetry"
)

// own is a secret of the kit's own SSO, as its prefix says.
func own(prefix string) string { return prefix + strings.Repeat("Ab_-9", 9)[:43] }

func TestRedactor_String(t *testing.T) {
	t.Parallel()
	r := &telemetry.Redactor{}
	id := r.TokenID(token)
	for name, tt := range map[string]struct{ text, want string }{
		"Token":                   {"got " + token + ".", "got " + id + "."},
		"TokenInQuery":            {"/a?x=" + token + "&y=1", "/a?x=" + id + "&y=1"},
		"HalfAToken":              {token[:30], r.TokenID(token[:30])},
		"RefreshTokenOfOurs":      {"got " + own("slr_") + ", and", "got " + r.TokenID(own("slr_")) + ", and"},
		"CodeOfOurs":              {"/back?x=" + own("sla_") + "&y=1", "/back?x=" + r.TokenID(own("sla_")) + "&y=1"},
		"CookieOfOurs":            {"from " + own("slc_"), "from " + r.TokenID(own("slc_"))},
		"SecretOfAClient":         {own("sls_") + " is wrong", r.TokenID(own("sls_")) + " is wrong"},
		"Bearer":                  {"Bearer made-up-1 refused", "Bearer [redacted] refused"},
		"BasicInAnyCase":          {"bAsIc dXNlcjpodW50ZXIyMg==", "bAsIc [redacted]"},
		"HeaderLine":              {"GET / HTTP/1.1\r\nCookie: a=b; c=d\r\nHost: x", "GET / HTTP/1.1\r\nCookie: [redacted]\r\nHost: x"},
		"Key":                     {"a -----BEGIN PRIVATE KEY-----\nMC4CAQAw\n-----END PRIVATE KEY----- b", "a [redacted] b"},
		"HalfAKey":                {"a -----BEGIN EC PRIVATE KEY-----\nMC4CAQAw", "a [redacted]"},
		"AddressOfADatabase":      {"postgres://shop:hunter2@db/shop", "postgres://shop:[redacted]@db/shop"},
		"AddressWithSlash":        {"amqp://shop:hun/ter@mq/", "amqp://shop:[redacted]@mq/"},
		"AddressWithoutUser":      {"redis://:hunter2@cache", "redis://:[redacted]@cache"},
		"ConnectionString":        {"host=db user=shop password=hunter2 dbname=shop", "host=db user=shop password=[redacted] dbname=shop"},
		"ConnectionStringQuoted":  {`host=db password='hun ter2' dbname=shop`, `host=db password=[redacted] dbname=shop`},
		"Query":                   {"/callback?code=Spl9xlOB&state=a", "/callback?code=[redacted]&state=a"},
		"JSON":                    {`refused: {"password":"hun\"ter2","a":1}`, `refused: {"password":[redacted],"a":1}`},
		"JSONInJSON":              {`"{\"password\":\"hunter2\",\"a\":1}"`, `"{\"password\":[redacted],\"a\":1}"`},
		"StructOfGo":              {"{ID:7 Password:hunter2 Total:5}", "{ID:7 Password:[redacted] Total:5}"},
		"Card":                    {"paid by 4242424242424242.", "paid by [card ending in 4242]."},
		"CardInGroups":            {"4242 4242 4242 4242", "[card ending in 4242]"},
		"CardWithDashes":          {"4242-4242-4242-4242, 2 pieces", "[card ending in 4242], 2 pieces"},
		"CardBesideNumbers":       {"order 12 4242 4242 4242 4242 2 pieces", "order 12 [card ending in 4242] 2 pieces"},
		"CardOfFifteen":           {"378282246310005", "[card ending in 0005]"},
		"CardOfNineteen":          {"6304000000000000000", "[card ending in 0000]"},
		"CardOfTheTwoSeries":      {"2223003122003222", "[card ending in 3222]"},
		"TwoCards":                {"4242424242424242 or 5555555555554444", "[card ending in 4242] or [card ending in 4444]"},
		"CardBehindAnUnderscore":  {"card_4242424242424242", "card_[card ending in 4242]"},
		"LongUnderASecretsName":   {"token=" + strings.Repeat("a", 5000), "token=[redacted]"},
		"ListUnderASecretsName":   {`"tokens":["a","b"] and more`, `"tokens":[redacted]`},
		"SpacesAroundTheSign":     {"password = hunter2", "password = [redacted]"},
		"TokenLikeAChallenge":     {`"Bearer made-up-1=" and "Bearer made-up-2="`, `"Bearer [redacted]" and "Bearer [redacted]"`},
		"TokenOfAChallengesWord":  {"Bearer error=made-up-1", "Bearer [redacted]"},
		"TokenBehindAChallenge":   {`Bearer realm="shop", error="invalid_token", Bearer made-up-1`, `Bearer realm="shop", error="invalid_token", Bearer [redacted]`},
		"TokenBehindAPlaceholder": {"Authorization: Bearer <token>\nAuthorization: Bearer made-up", "Authorization: Bearer <token>\nAuthorization: [redacted]"},
		"TokenInAngleBrackets":    {"Authorization: Bearer <made-up-1>", "Authorization: [redacted]"},
		"WordInAngleBrackets":     {"Authorization: Bearer <hunter>", "Authorization: [redacted]"},
		"PlaceholderAndMore":      {"Authorization: Bearer <token>made-up", "Authorization: [redacted]"},
		"EverythingInOneSentence": {"Bearer made-up-1 password=x card 4242424242424242", "Bearer [redacted] password=[redacted] card [card ending in 4242]"},
	} {
		t.Run("Hides"+name, func(t *testing.T) {
			t.Parallel()
			got := r.String(tt.text)
			if got != tt.want {
				t.Errorf("String(%q) = %q\nwant %q", tt.text, got, tt.want)
			}
			if again := r.String(got); again != got {
				t.Errorf("a second time %q", again)
			}
		})
	}

	for _, text := range []string{
		"", "GET /carts/{id}", "0198c0de-0000-7000-8000-000000000001", "12345678-1234-4242-4242-424242424242", "order 1234567890123", "2026-11-23T21:30:00.123456789Z",
		"2026-11-23 21:30:00.123456789 +0000 UTC", "20261123213000123", "1763933149000", "1763933149000000000", "4bf92f3577b34da6a3ce929d0e0e4736",
		"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "invalid token: expired", "unexpected token '}' at 7", "basic authentication is not taken",
		"http://localhost:8080/users/a@b.c", "mailto:anna@example.org", "10.0.0.1:5432", "key", "Key (id)=(7) exists", "code=not_found", "exit code=1",
		"rpc error: code = NotFound desc = none", "token_type=Bearer", "[redacted]", "token:0123abcd", "password=[redacted]", "a=b:c=d", "https://example.org/a?b=c#d",
		"the password is too short", "4242 4242 4242 4241", "+49 30 1234567", "eyJ", "-----BEGIN", "Bearer x", "====", "::::",
		`Bearer error="invalid_token"`, `Bearer realm="shop", error="insufficient_scope", scope="cart:read"`, `Basic realm="sso"`,
		`{"www_authenticate":"Bearer error=\"invalid_token\""}`,
		"this route needs a token: send the header Authorization: Bearer <access token>", "send Authorization: Bearer <ACCESS_TOKEN>, and then", "Authorization: Basic <your-credentials>.",
		"Cookie:", "no Authorization:", "Authorization: ", "Set-Cookie=", "authorization::", "Cookie:\r\n",
	} {
		t.Run("LeavesAlone "+text, func(t *testing.T) {
			t.Parallel()
			if got := r.String(text); got != text {
				t.Errorf("String(%q) = %q", text, got)
			}
		})
	}
}

func TestRedactor_String_Cards(t *testing.T) {
	t.Parallel()
	r := &telemetry.Redactor{}
	rapid.Check(t, func(t *rapid.T) {
		number := rapid.StringMatching(`(4[0-9]{15}|5[1-5][0-9]{14}|3[47][0-9]{13}|6[0-9]{15,18})`).Draw(t, "number")
		number = withCheckDigit(number)
		groups := rapid.SampledFrom([]string{"", " ", "-"}).Draw(t, "separator")
		var parts []string
		for rest := number; rest != ""; {
			n := min(4, len(rest))
			parts = append(parts, rest[:n])
			rest = rest[n:]
		}
		card := strings.Join(parts, groups)
		text := rapid.SampledFrom([]string{"", "paid by ", "n=", `{"n":"`}).Draw(t, "before") + card + rapid.SampledFrom([]string{"", ".", `"}`, " today", "\n"}).Draw(t, "after")
		if got := r.String(text); strings.Contains(got, card) || !strings.Contains(got, number[len(number)-4:]) {
			t.Fatalf("String(%q) = %q", text, got)
		}
	})
}

// withCheckDigit sets the last digit as Luhn asks.
func withCheckDigit(number string) string {
	for d := '0'; d <= '9'; d++ {
		candidate := number[:len(number)-1] + string(d)
		sum := 0
		for i := range len(candidate) {
			n := int(candidate[len(candidate)-1-i] - '0')
			if i%2 == 1 {
				n *= 2
			}
			sum += n/10 + n%10
		}
		if sum%10 == 0 {
			return candidate
		}
	}
	return number
}
