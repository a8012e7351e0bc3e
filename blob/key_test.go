package blob_test

import (
	"strings"
	"testing"

	"github.com/slipway-go/slipway/blob"
)

func TestCheckKey(t *testing.T) {
	t.Parallel()
	longest := strings.Repeat("a/", blob.MaxKey/2-1) + "ab"
	for key, want := range map[string]string{
		"":                       "expected parts of lower-case letters",
		"a/../b":                 "expected parts of lower-case letters",
		longest + "c":            "the key has 513 bytes: expected up to 512",
		strings.Repeat("p", 201): "a part of the key has 201 bytes: expected up to 200",
	} {
		if err := blob.CheckKey(key); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("CheckKey(%.40q) = %v, want it to say %q", key, err, want)
		}
	}
	for _, key := range []string{longest, strings.Repeat("p", 200), "photos/7f3a-b_c.d"} {
		if err := blob.CheckKey(key); err != nil {
			t.Errorf("CheckKey(%.40q) = %v, want it to be good", key, err)
		}
	}
}

func TestCheckPrefix(t *testing.T) {
	t.Parallel()
	for _, prefix := range []string{".", "../", "/", "a//", "A", "a\n"} {
		if err := blob.CheckPrefix(prefix); err == nil || !strings.Contains(err.Error(), "expected the beginning of a key") {
			t.Errorf("CheckPrefix(%q) = %v, want a refusal", prefix, err)
		}
	}
	for _, prefix := range []string{"", "a", "a/", "a/b.", "a-"} {
		if err := blob.CheckPrefix(prefix); err != nil {
			t.Errorf("CheckPrefix(%q) = %v, want it to be good", prefix, err)
		}
	}
}
