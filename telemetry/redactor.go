package telemetry

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"maps"
	"strconv"
	"strings"
	"sync/atomic"
)

const redacted = "[redacted]"

// A Redactor hides secrets. One and the same serves logs, spans, error reports
// and golden files. It works by allow-list where it can (headers), by name
// (fields and attributes that are called like a secret), and as a second net by
// value: tokens, keys and card numbers, wherever they stand. What it has
// redacted it leaves alone the second time. The zero value works.
type Redactor struct {
	known atomic.Pointer[map[string]verdict] // of attribute keys
}

// maxKnown bounds the keys that are remembered. They are constants of the
// program, so they are few, but nothing makes them so.
const maxKnown = 1024

// verdict returns what is known of a key, and learns it.
func (r *Redactor) verdict(key string) verdict {
	known := r.known.Load()
	if known != nil {
		if v, ok := (*known)[key]; ok {
			return v
		}
	}
	v := judge(key)
	if known == nil {
		r.known.CompareAndSwap(nil, &map[string]verdict{key: v})
	} else if len(*known) < maxKnown {
		grown := maps.Clone(*known)
		grown[strings.Clone(key)] = v
		r.known.CompareAndSwap(known, &grown) // another may have been faster: then the next time
	}
	return v
}

// hides reports whether a group or a list of this name is hidden as a whole.
func (r *Redactor) hides(key string) bool { return r.verdict(key) == hidden }

// Attr redacts one attribute by its key, and its value as [Redactor.String] and
// [Redactor.Value] do. Groups in groups are left out from some depth on: one may
// resolve to what has itself within.
func (r *Redactor) Attr(a slog.Attr) slog.Attr { return r.attr(a, 0) }

func (r *Redactor) attr(a slog.Attr, depth int) slog.Attr {
	a.Value = a.Value.Resolve()
	switch {
	case a.Value.Kind() != slog.KindGroup:
		return slog.Attr{Key: a.Key, Value: r.attrValue(a.Key, a.Value)}
	case r.hides(a.Key):
		return slog.String(a.Key, redacted)
	case depth > maxDepth:
		return slog.String(a.Key, leftOut)
	}
	inner := make([]slog.Attr, 0, len(a.Value.Group()))
	for _, g := range a.Value.Group() {
		inner = append(inner, r.attr(g, depth+1))
	}
	return slog.Attr{Key: a.Key, Value: slog.GroupValue(inner...)}
}

// attrValue redacts a value that is no group.
func (r *Redactor) attrValue(key string, v slog.Value) slog.Value {
	switch v.Kind() {
	case slog.KindString:
		s := v.String()
		if clean := r.named(r.verdict(key), s); clean != s {
			return slog.StringValue(clean)
		}
		return v
	case slog.KindInt64, slog.KindUint64:
		return r.number(r.verdict(key), v)
	case slog.KindFloat64:
		if r.hides(key) {
			return slog.StringValue(redacted)
		}
		return v
	case slog.KindAny:
		if r.hides(key) && v.Any() != nil {
			return slog.StringValue(redacted)
		}
		return r.Value(v.Any())
	case slog.KindGroup, slog.KindLogValuer:
		return slog.StringValue(redacted) // resolved and taken apart before
	case slog.KindBool, slog.KindDuration, slog.KindTime:
	}
	return v
}

// named redacts a text by the name of its field and by what it is.
func (r *Redactor) named(v verdict, s string) string {
	switch {
	case v == shown, s == "":
		return r.String(s)
	case isMark(s), v == ambiguous && isHarmless(s):
		return s
	}
	return redacted
}

// isHarmless reports a text that is the name of something or a small number,
// not a code that somebody was sent.
func isHarmless(s string) bool { return isWord(s) || isNumber(s) && len(s) <= maxSmallDigits }

const (
	// smallNumber is less than any code that a person has to type in.
	smallNumber    = 1000
	maxSmallDigits = 3
	// smallestCard has 13 digits.
	smallestCard = 1e12
)

// number redacts a whole number by the name of its field, and when it is a card's.
func (r *Redactor) number(name verdict, v slog.Value) slog.Value {
	n := magnitude(v)
	switch {
	case name == hidden, name == ambiguous && n >= smallNumber:
		return slog.StringValue(redacted)
	case n < smallestCard:
		return v
	}
	if s := strconv.FormatUint(n, 10); isCard(s) {
		return slog.StringValue(cardMark([]byte(s)))
	}
	return v
}

func magnitude(v slog.Value) uint64 {
	if v.Kind() == slog.KindUint64 {
		return v.Uint64()
	}
	return uint64(max(v.Int64(), -v.Int64())) //nolint:gosec // not negative, and the one that stays so is no card's
}

// jsonNumber redacts a number of a body, which keeps its digits.
func (r *Redactor) jsonNumber(v verdict, n json.Number) any {
	if v == hidden || v == ambiguous && len(n) > maxSmallDigits {
		return redacted
	}
	if s := string(n); isCard(s) {
		return cardMark([]byte(s))
	}
	return n
}

const (
	tokenMark   = "token:"
	tokenDigits = 8
)

// TokenID names a token without telling it: 8 hex digits of its SHA-256.
func (r *Redactor) TokenID(token string) string {
	sum := sha256.Sum256([]byte(token))
	return tokenMark + hex.EncodeToString(sum[:tokenDigits/2])
}

// isMark recognises what the redactor itself writes in place of a secret.
func isMark(s string) bool {
	return s == redacted || len(s) == len(tokenMark)+tokenDigits && markLength(s) == len(s)
}

// markLength returns the length of the mark that s begins with, or 0.
func markLength(s string) int {
	if strings.HasPrefix(s, redacted) {
		return len(redacted)
	}
	if !strings.HasPrefix(s, tokenMark) || len(s) < len(tokenMark)+tokenDigits {
		return 0
	}
	for _, c := range []byte(s[len(tokenMark) : len(tokenMark)+tokenDigits]) {
		if _, ok := digit(c); !ok {
			return 0
		}
	}
	return len(tokenMark) + tokenDigits
}
