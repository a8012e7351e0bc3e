package telemetry

import (
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"regexp"
	"strings"
	"sync"
)

const redacted = "[redacted]"

// A Redactor hides secrets. One and the same serves logs, spans, error reports
// and golden files. It works by allow-list where it can (headers), by name
// (fields and attributes that are called like a secret), and as a second net by
// value: tokens, keys and card numbers, wherever they stand. The zero value works.
type Redactor struct {
	names sync.Map // attribute key → bool, whether it names a secret
}

// secretWords mark a name as a secret's, written together in lower case.
var secretWords = []string{
	"password", "passwd", "passphrase", "secret", "token", "authorization", "cookie", "apikey",
	"privatekey", "credential", "cardnumber", "cvv", "cvc", "otp", "assertion", "signature",
}

// secretNames are secret as a whole word; as parts of words they would hide too much.
var secretNames = []string{"pan", "card", "pin", "code", "key", "auth", "pwd", "jwt"}

// harmless names look like a secret's and are needed to read a log.
var harmlessNames = []string{"tokentype", "subjecttokentype", "requestedtokentype", "issuedtokentype", "cardlast4"}

func (r *Redactor) secretName(name string) bool {
	if secret, ok := r.names.Load(name); ok {
		return secret == true
	}
	return secretName(name)
}

// remember keeps the verdict on the key of an attribute. Such keys are constants
// of the program, so they are few; names from outside are never kept.
func (r *Redactor) remember(name string) bool {
	if secret, ok := r.names.Load(name); ok {
		return secret == true
	}
	secret := secretName(name) && name != "code" && name != "key" // the kit's own, of problems and routes
	r.names.Store(name, secret)
	return secret
}

var joined = strings.NewReplacer("_", "", "-", "", ".", "", " ", "")

func secretName(name string) bool {
	n := joined.Replace(strings.ToLower(name))
	for _, h := range harmlessNames {
		if n == h {
			return false
		}
	}
	for _, s := range secretNames {
		if n == s {
			return true
		}
	}
	for _, w := range secretWords {
		if strings.Contains(n, w) {
			return true
		}
	}
	return false
}

// harmless reports whether an attribute may be logged as it is.
func (r *Redactor) harmless(a slog.Attr) bool {
	switch a.Value.Kind() { //nolint:exhaustive // numbers, times and truth values hold no secret
	case slog.KindString:
		s := a.Value.String()
		return !r.remember(a.Key) && r.String(s) == s
	case slog.KindAny, slog.KindGroup, slog.KindLogValuer:
		return false
	}
	return true
}

// Attr redacts one attribute by its key, and its value as [Redactor.String] does.
func (r *Redactor) Attr(a slog.Attr) slog.Attr {
	switch a.Value.Kind() { //nolint:exhaustive // numbers, times and truth values hold no secret
	case slog.KindString:
		if r.remember(a.Key) && a.Value.String() != "" {
			return slog.String(a.Key, redacted)
		}
		a.Value = slog.StringValue(r.String(a.Value.String()))
	case slog.KindAny:
		if r.remember(a.Key) {
			return slog.String(a.Key, redacted)
		}
		a.Value = r.Value(a.Value.Any())
	case slog.KindLogValuer:
		return r.Attr(slog.Attr{Key: a.Key, Value: a.Value.Resolve()})
	case slog.KindGroup:
		inner := make([]slog.Attr, 0, len(a.Value.Group()))
		for _, g := range a.Value.Group() {
			inner = append(inner, r.Attr(g))
		}
		a.Value = slog.GroupValue(inner...)
	}
	return a
}

var (
	jwt    = regexp.MustCompile(`eyJ[A-Za-z0-9_-]{5,}(\.[A-Za-z0-9_-]*){0,4}`)
	bearer = regexp.MustCompile(`(?i)\b(bearer|basic|dpop)\s+[A-Za-z0-9._~+/=-]{6,}`)
	pem    = regexp.MustCompile(`(?s)-----BEGIN [A-Z0-9 ]+-----.*?(-----END [A-Z0-9 ]+-----|$)`)
	inURL  = regexp.MustCompile(`(://[^/\s:@]*:)[^/\s@]+@`)
)

// String hides what looks like a secret inside s. A text without the marks of
// one costs a scan.
func (r *Redactor) String(s string) string {
	if len(s) < 8 {
		return s
	}
	if strings.Contains(s, "eyJ") {
		s = jwt.ReplaceAllStringFunc(s, r.TokenID)
	}
	if strings.Contains(s, "-----BEGIN") {
		s = pem.ReplaceAllString(s, redacted)
	}
	if strings.Contains(s, "@") && strings.Contains(s, "://") {
		s = inURL.ReplaceAllString(s, "${1}"+redacted+"@")
	}
	if mayHoldScheme(s) {
		s = bearer.ReplaceAllString(s, "$1 "+redacted)
	}
	return hideCards(s)
}

// mayHoldScheme is a cheap test for "Bearer ", "Basic " and "DPoP " in any case.
func mayHoldScheme(s string) bool {
	for i := range len(s) - 6 {
		switch s[i] | 0x20 {
		case 'b':
			if strings.EqualFold(s[i:i+6], "bearer") || strings.EqualFold(s[i:i+5], "basic") {
				return true
			}
		case 'd':
			if strings.EqualFold(s[i:i+4], "dpop") {
				return true
			}
		}
	}
	return false
}

// Card numbers have 13 to 19 digits (ISO/IEC 7812), often in groups.
const shortestCard, longestCard = 13, 19

// hideCards hides every number that passes the check of card numbers (Luhn),
// but for its last four digits. A number that is part of a longer word, such as
// an identifier in hex, is none.
func hideCards(s string) string {
	for i := 0; i < len(s); {
		if !isDigit(s[i]) {
			i++
			continue
		}
		end := numberEnd(s, i)
		if end-i < shortestCard || !standsAlone(s, i, end) {
			i = end
			continue
		}
		number := ungrouped.Replace(s[i:end])
		if len(number) >= shortestCard && len(number) <= longestCard && luhn(number) {
			hidden := "[card ending in " + number[len(number)-4:] + "]"
			s = s[:i] + hidden + s[end:]
			end = i + len(hidden)
		}
		i = end
	}
	return s
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// numberEnd returns the end of the number at i: digits, with single spaces or
// dashes between them.
func numberEnd(s string, i int) int {
	for i < len(s) {
		switch {
		case isDigit(s[i]):
			i++
		case (s[i] == ' ' || s[i] == '-') && i+1 < len(s) && isDigit(s[i+1]):
			i++
		default:
			return i
		}
	}
	return i
}

var ungrouped = strings.NewReplacer(" ", "", "-", "")

func standsAlone(s string, start, end int) bool {
	return (start == 0 || !isWord(s, start-1, -1)) && (end == len(s) || !isWord(s, end, 1))
}

// isWord reports a letter at i, or beyond a dash at i.
func isWord(s string, i, step int) bool {
	if s[i] == '-' && i+step >= 0 && i+step < len(s) {
		i += step
	}
	c := s[i] | 0x20
	return 'a' <= c && c <= 'z' || s[i] == '_'
}

func luhn(number string) bool {
	sum := 0
	for i := range len(number) {
		d := int(number[len(number)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0 && sum > 0
}

// TokenID names a token without telling it: 8 hex digits of its SHA-256.
func (r *Redactor) TokenID(token string) string {
	sum := sha256.Sum256([]byte(token))
	return "token:" + hex.EncodeToString(sum[:4])
}
