package keys

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestSealer(t *testing.T) {
	t.Parallel()
	sealer, other := newSealer(t, 1), newSealer(t, 2)
	sealed := sealer.Seal("k1", []byte("the private half"))

	t.Run("does not open for another encryption key", func(t *testing.T) {
		t.Parallel()
		_, err := other.Open("k1", sealed)
		if err == nil || !strings.Contains(err.Error(), "SSO_KEY_ENCRYPTION_KEY") {
			t.Errorf("open() = %v, want an error that names the setting", err)
		}
	})
	t.Run("does not open under another id", func(t *testing.T) {
		t.Parallel()
		if _, err := sealer.Open("k2", sealed); err == nil {
			t.Error("open() takes what was sealed for another key")
		}
	})
	t.Run("does not open what was changed", func(t *testing.T) {
		t.Parallel()
		changed := slices.Clone(sealed)
		changed[len(changed)-1] ^= 1
		if _, err := sealer.Open("k1", changed); err == nil {
			t.Error("open() takes what was changed")
		}
	})
	t.Run("opens its own", func(t *testing.T) {
		t.Parallel()
		if got, err := sealer.Open("k1", sealed); err != nil || string(got) != "the private half" {
			t.Errorf("open() = %q, %v", got, err)
		}
		if bytes.Contains(sealed, []byte("private")) {
			t.Error("the sealed form holds the plain one")
		}
	})
}

func TestParseEncryptionKey(t *testing.T) {
	t.Parallel()
	for _, wrong := range []string{"", "short", strings.Repeat("A", 43), strings.Repeat("A", 64), strings.Repeat("!", 44)} {
		if _, err := ParseEncryptionKey(wrong); err == nil || (wrong != "" && strings.Contains(err.Error(), wrong)) {
			t.Errorf("ParseEncryptionKey(%q) = %v, want an error that does not repeat it", wrong, err)
		}
	}
	if key, err := ParseEncryptionKey(strings.Repeat("A", 43) + "="); err != nil || len(key) != EncryptionKeySize {
		t.Errorf("ParseEncryptionKey(32 bytes) = %d bytes, %v", len(key), err)
	}
}

func newSealer(t *testing.T, fill byte) *Sealer {
	t.Helper()
	s, err := NewSealer(bytes.Repeat([]byte{fill}, EncryptionKeySize))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestPlanRotation(t *testing.T) {
	t.Parallel()
	cfg := Config{}.withDefaults()
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	ago := func(d time.Duration) *time.Time { return new(now.Add(-d)) }
	signing := func(since time.Duration) key { return key{id: "a", state: active, activatedAt: ago(since)} }
	waiting := func(since time.Duration) key { return key{id: "n", state: next, createdAt: *ago(since)} }
	gone := func(since time.Duration) key { return key{id: "r", state: retired, retiredAt: ago(since)} }

	for name, c := range map[string]struct {
		keys []key
		want plan
	}{
		"the first key signs at once":           {nil, plan{create: 2, fresh: true}},
		"nothing is due":                        {[]key{signing(time.Hour), waiting(time.Hour)}, plan{}},
		"a next key is always there":            {[]key{signing(time.Hour)}, plan{create: 1}},
		"an old key waits for its successor":    {[]key{signing(9999 * time.Hour), waiting(time.Minute)}, plan{}},
		"an old key without one gets one":       {[]key{signing(9999 * time.Hour)}, plan{create: 1}},
		"an old key makes place":                {[]key{signing(720 * time.Hour), waiting(time.Hour)}, plan{retire: []string{"a"}, activate: "n", create: 1}},
		"a lost active key is replaced at once": {[]key{waiting(time.Second)}, plan{activate: "n", create: 1}},
		"a retired key stays while tokens live": {[]key{signing(time.Hour), waiting(time.Hour), gone(time.Hour)}, plan{}},
		"and is dropped then":                   {[]key{signing(time.Hour), waiting(time.Hour), gone(25 * time.Hour)}, plan{drop: []string{"r"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := planRotation(c.keys, cfg, now)
			if !slices.Equal(got.retire, c.want.retire) || got.activate != c.want.activate || !slices.Equal(got.drop, c.want.drop) ||
				got.create != c.want.create || got.fresh != c.want.fresh {
				t.Errorf("planRotation() = %+v, want %+v", got, c.want)
			}
		})
	}
}
