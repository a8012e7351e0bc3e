package sso

import (
	"strings"
	"testing"
)

func TestParseEmail(t *testing.T) {
	t.Parallel()
	for _, wrong := range []string{
		"", "@", "a@", "@b.cc", "a@b", "a b@c.dd", "a..b@c.dd", ".a@c.dd", "a.@c.dd", "a@-c.dd", "a@c..dd", "a@c.dd.", "a@[127.0.0.1]",
		`"a b"@c.dd`, "a@c.dd,e@f.gg", "a@c.dd\x00", "ä@c.dd", "a@ä.dd", "boo\u212a@c.dd", "a@\u212a.dd", strings.Repeat("a", 65) + "@c.dd", "a@" + strings.Repeat("b.", 126) + "cc",
	} {
		if got, err := parseEmail(wrong); err == nil {
			t.Errorf("parseEmail(%q) = %q, want a refusal", wrong, got)
		}
	}
	for given, want := range map[string]string{
		"ada@example.com": "ada@example.com", "\tAda@EXAMPLE.com ": "ada@example.com", //nolint:gocritic // the white space is what is tested
		"a.b+c@d-e.co.uk": "a.b+c@d-e.co.uk", "o'hara@xn--bcher-kva.ch": "o'hara@xn--bcher-kva.ch",
	} {
		if got, err := parseEmail(given); got != want || err != nil {
			t.Errorf("parseEmail(%q) = %q, %v, want %q", given, got, err, want)
		}
	}
}
