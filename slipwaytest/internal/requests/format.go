package requests

import (
	"fmt"
	"time"

	"github.com/bojanz/currency"
	"pgregory.net/rapid"
)

// formats are values of the formats that the server checks; the first is plain.
var formats = map[string][]string{
	"date-time":             {"2026-01-02T15:04:05Z", "2026-01-02T15:04:05.999999999+14:00", "1970-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00", "2024-02-29T12:00:00Z"},
	"date-time-http":        {"Fri, 02 Jan 2026 15:04:05 GMT"},
	"date":                  {"2026-01-02", "2024-02-29", "0001-01-01", "9999-12-31"},
	"time":                  {"15:04:05", "00:00:00", "23:59:59Z", "12:00:00+02:00"},
	"duration":              {"1h30m", "0s", "-1ns", "2562047h47m16.854775807s"},
	"email":                 {"ada@example.com", "a@b.co", "first.last+tag@sub.example.org", "o'brien@example.com"},
	"idn-email":             {"ada@example.com", "ада@example.com"},
	"hostname":              {"example.com", "a", "xn--bcher-kva.example"},
	"idn-hostname":          {"example.com"},
	"ipv4":                  {"192.0.2.1", "0.0.0.0", "255.255.255.255"},
	"ipv6":                  {"2001:db8::1", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
	"ip":                    {"192.0.2.1", "2001:db8::1"},
	"uri":                   {"https://example.com/a?b=c#d", "mailto:ada@example.com", "https://example.com/%E2%82%AC"},
	"uri-reference":         {"/a/b", "../c", "?q"},
	"iri":                   {"https://example.com/ä"},
	"iri-reference":         {"/ä"},
	"uri-template":          {"/carts/{id}"},
	"uuid":                  {"0198c0de-0000-7000-8000-000000000001", "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"},
	"json-pointer":          {"/a/0", ""},
	"relative-json-pointer": {"0/a"},
	"regex":                 {"^a+$", ".*"},
	"iso4217":               currency.GetCurrencyCodes(), // of money.Money; the server leaves it to that type
}

// formatted draws a value of a format; the most frequent ones are made, not picked.
func (g *generator) formatted(format string, values []string) string {
	if g.rarely() {
		return rapid.SampledFrom(values).Draw(g.t, format)
	}
	switch format {
	case "uuid":
		b := rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(g.t, format)
		return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
	case "date-time", "date":
		const years = 80 * 365 * 24 * 60 * 60
		at := time.Unix(rapid.Int64Range(0, years).Draw(g.t, format), 0).UTC()
		if format == "date" {
			return at.Format(time.DateOnly)
		}
		return at.Format(time.RFC3339)
	case "email":
		return fmt.Sprintf("user%d@example.com", rapid.IntRange(0, 1<<30).Draw(g.t, format))
	}
	return rapid.SampledFrom(values).Draw(g.t, format)
}
