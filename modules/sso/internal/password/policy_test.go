package password_test

import (
	"strings"
	"testing"

	"github.com/slipway-go/slipway/modules/sso/internal/password"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	for name, refused := range map[string]string{
		"too short":              "x7#kQ2!",
		"too long":               strings.Repeat("ab3 ", 64) + "x",
		"not UTF-8":              "correct\xff horse",
		"common":                 "password",
		"common with figures":    "password123",
		"common in disguise":     "P@ssw0rd2024!",
		"common in upper case":   "ILOVEYOU!!",
		"one letter":             "aaaaaaaaaaaa",
		"two letters":            "abababab",
		"a piece again":          "abc1abc1abc1",
		"counting":               "12345678",
		"counting down":          "987654321",
		"the alphabet":           "abcdefghij",
		"a row of the keyboard":  "qwertyuiop",
		"a zigzag":               "1qaz2wsx3edc",
		"the e-mail":             "Ada.Lovelace@example.com",
		"the mailbox":            "ada.lovelace",
		"the mailbox with years": "ada.lovelace1815",
		"the name":               "Ada Lovelace!",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := password.Check(refused, "ada.lovelace@example.com", "Ada Lovelace"); got == "" {
				t.Errorf("Check(%q) takes it", refused)
			}
		})
	}
	for _, taken := range []string{
		"correct horse battery staple", "s3cret-pass-phrase", "Tr0ub4dor&3", "ümläute zählen", strings.Repeat("x7 qp", 51),
		"ada bakes bread", "password is not my password",
	} {
		t.Run("takes "+taken[:8], func(t *testing.T) {
			t.Parallel()
			if got := password.Check(taken, "ada@example.com", "Ada"); got != "" {
				t.Errorf("Check(%q) = %q, want it taken", taken, got)
			}
		})
	}
}

func TestCheck_WithoutPerson(t *testing.T) {
	t.Parallel()
	if got := password.Check("correct horse battery staple", "", ""); got != "" {
		t.Errorf("Check() = %q, want it taken", got)
	}
}
